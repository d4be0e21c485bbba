# shellcheck shell=bash
# Numbers and the rows of the table made of them. Sourced by scripts/bench.

recorded=() missed=0

# Adds a row: what, measured, goal, verdict (the last two may be empty).
record() {
    recorded+=("| $1 | $2 | ${3:-} | ${4:-} |")
    say "$1: $2${3:+ (goal: $3)}${4:+: $4}"
}

# Adds a row with a goal: what, measured in words, the number, `<=` or `>=`, the goal, its unit.
record_goal() {
    local verdict=pass sign=≤
    if ! calculate "exit !($3 $4 $5)"; then
        verdict='**missed**'
        missed=$((missed + 1))
    fi
    if [[ $4 == '>=' ]]; then sign=≥; fi
    record "$1" "$2" "$sign $5${6:+ $6}" "$verdict"
}

# Runs an awk statement, such as `print 1 / 3`.
calculate() { awk "BEGIN { $1 }"; }

# The value of an expression with so many decimals: `rounded 2 '1 / 3'`.
rounded() { calculate "printf \"%.$1f\", $2"; }

median() {
    printf '%s\n' "$@" | sort --general-numeric-sort |
        awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# `median (least–greatest)`, with so many decimals.
spread() {
    local decimals=$1 sorted
    shift
    mapfile -t sorted < <(printf '%s\n' "$@" | sort --general-numeric-sort)
    echo "$(rounded "$decimals" "$(median "$@")") ($(rounded "$decimals" "${sorted[0]}")–$(rounded "$decimals" "${sorted[-1]}"))"
}
