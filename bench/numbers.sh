# shellcheck shell=bash
# Numbers, and the rows of the table made of them. Sourced by scripts/bench.

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

# Adds a row with a goal for the ratio of two lists of numbers: what, the two, `<=` or `>=`, the
# goal.
record_ratio() {
    local all
    all=$(ratios "$2" "$3")
    record_goal "$1" "$(spread 2 "$all")" "$(median "$all")" "$4" "$5"
}

# Runs an awk statement, such as `print 1 / 3`.
calculate() { awk "BEGIN { $1 }"; }

# The value of an expression with this many decimals: `rounded 2 '1 / 3'`.
rounded() { calculate "printf \"%.$1f\", $2"; }

# Numbers in order, one in a line. Here and below an argument may hold several numbers.
in_order() {
    local all
    read -ra all <<<"$*"
    printf '%s\n' "${all[@]}" | sort --general-numeric-sort
}

median() {
    in_order "$@" |
        awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# `median (least–greatest)`, with this many decimals.
spread() {
    local decimals=$1 sorted
    shift
    mapfile -t sorted < <(in_order "$@")
    echo "$(rounded "$decimals" "$(median "$@")") ($(rounded "$decimals" "${sorted[0]}")–$(rounded "$decimals" "${sorted[-1]}"))"
}

# The numbers of the first list divided by those of the second, pair by pair.
ratios() {
    awk -v left="$1" -v right="$2" 'BEGIN {
        count = split(left, l, " ")
        split(right, r, " ")
        for (i = 1; i <= count; i++) printf "%.3f ", l[i] / r[i]
    }'
}
