# shellcheck shell=bash
# The rows of the table, one function each. Sourced by scripts/bench.

CREATE_CONNECTIONS=64
# As many as the server admits at a time.
BULK_CLIENTS=4
# The most links that the server writes in one transaction, so that other creates do not wait.
BULK_BATCH=500
# Links in a request, up to the maximum.
BULK_LINKS=(500 10000)
UNCACHED_CONNECTIONS=16
WARM_UP_SECONDS=1
UNPINNED_ROUNDS=3
FILL_CONNECTIONS=64
# About 2 000 links a second.
BACKUP_CONNECTIONS=12
BACKUP_PAUSE_MILLIS=5
# Long enough for a whole backup of a million links.
BACKUP_SECONDS=20
BACKUP_ROUNDS=3
BACKUP_LINKS=1000000
DRAIN_ROUNDS=5
DRAIN_CLICKS=5000000
DRAIN_CLICKS_EACH=1000000
DRAIN_SECONDS_MAX=600
# How long random links fill the cache before memory is measured.
FILL_SECONDS=20
# Longer than the process's work right after its start.
SETTLE_SECONDS=2

# Durable creates of single links, compared with SQLite committing one row at a time.
measure_create() {
    local pair ours=() bare=() cpus=() p99s=() unpinned=()
    for ((pair = 1; pair <= pairs; pair++)); do
        create_round "$SERVER_CORE" "$LOAD_CORE"
        ours+=("$(load_rate)") cpus+=("$(load_cpu_micros)") p99s+=("$(load_p99_millis)")
        bare_round commit
        bare+=("$bare_rate")
        say "pair $pair: ${ours[-1]} and $bare_rate links/s"
    done
    for ((pair = 1; pair <= UNPINNED_ROUNDS; pair++)); do
        create_round "$ALL_CORES" "$ALL_CORES"
        unpinned+=("$(load_rate)")
    done
    record_ratio "create: $CREATE_CONNECTIONS clients, SQLite, durable; × bare SQLite row by row" \
        "${ours[*]}" "${bare[*]}" '>=' 1.5
    record '— creates/s' "$(spread 0 "${ours[@]}")"
    record '— server CPU µs per create' "$(spread 1 "${cpus[@]}")"
    record '— p99 ms' "$(spread 2 "${p99s[@]}")"
    record '— creates/s, server and load on all cores' "$(spread 0 "${unpinned[@]}")"
    record '— bare SQLite, rows/s' "$(spread 0 "${bare[@]}")"
}

# One round on an empty database: server cores, load cores. The server is killed at the end, and
# every acknowledged link must be there.
create_round() {
    local data_dir=$run_dir/create acknowledged stored
    await_quiet
    start_server "$1" "$data_dir"
    run_load create "$CREATE_CONNECTIONS" "$WARM_UP_SECONDS" "$2" 1
    acknowledged=${load[good]}
    run_load create "$CREATE_CONNECTIONS" "$seconds" "$2" 2
    acknowledged=$((acknowledged + load[good]))
    end_server KILL
    stored=$(sqlite3 "$data_dir/curt.db" 'select count(*) from links')
    # Both loads ended with requests under way, whose links are stored without an answer.
    if ((stored < acknowledged || acknowledged + 2 * CREATE_CONNECTIONS < stored)); then
        die "$acknowledged links were acknowledged, $stored are in the database"
    fi
    rm -rf -- "$data_dir"
}

# SQLite alone: `commit`, or `batch` and how many links. Sets bare_rate.
bare_round() {
    local mode=$1 output
    shift
    await_quiet
    output=$(taskset --cpu-list "$SERVER_CORE" "$BARE_SQLITE" "$mode" "$run_dir/bare.db" "$seconds" "$@")
    [[ $output =~ ^rows=([0-9]+)\ micros=([0-9]+)$ ]] || die "unexpected: $output"
    bare_rate=$(rounded 0 "${BASH_REMATCH[1]} * 1e6 / ${BASH_REMATCH[2]}")
    rm -f -- "$run_dir"/bare.db*
}

# Bulk creates, compared with SQLite inserting as many rows in a transaction as the server does,
# and, without a goal, with all rows of a request in one transaction.
measure_bulk() {
    local links_each pair ours bare whole cpus
    for links_each in "${BULK_LINKS[@]}"; do
        ours=() bare=() whole=() cpus=()
        for ((pair = 1; pair <= pairs; pair++)); do
            bulk_round "$links_each"
            ours+=("$(load_rate)") cpus+=("$(load_cpu_micros)")
            bare_round batch "$links_each"
            whole+=("$bare_rate")
            bare_round batch "$BULK_BATCH"
            bare+=("$bare_rate")
            say "pair $pair: ${ours[-1]} and $bare_rate links/s"
        done
        record_ratio "bulk: $BULK_CLIENTS clients, $links_each links in a request, SQLite, durable; × bare SQLite in batches of $BULK_BATCH" \
            "${ours[*]}" "${bare[*]}" '>=' 0.5
        record '— links/s' "$(spread 0 "${ours[@]}")"
        record '— server CPU µs per link' "$(spread 1 "${cpus[@]}")"
        record '— bare SQLite, rows/s' "$(spread 0 "${bare[@]}")"
        ((links_each == BULK_BATCH)) || record "— × bare SQLite in batches of $links_each" \
            "$(spread 2 "$(ratios "${ours[*]}" "${whole[*]}")")"
    done
}

# One round on an empty database. All requests are answered before the server is killed, so exactly
# their links must be there.
bulk_round() {
    local data_dir=$run_dir/bulk stored
    await_quiet
    start_server "$SERVER_CORE" "$data_dir"
    run_own_load "$LOAD_CORE" $((seconds + 120)) bulk "$BENCH_HOST" "$BULK_CLIENTS" "$1" "$seconds"
    end_server KILL
    stored=$(sqlite3 "$data_dir/curt.db" 'select count(*) from links')
    ((stored == load[good])) ||
        die "${load[good]} links were acknowledged, $stored are in the database"
    rm -rf -- "$data_dir"
}

# Redirects of links drawn from all links, almost none of which is cached.
measure_uncached() {
    local round
    seed "$links"
    read_through "$seeded/curt.db"
    uncached_rounds
    record_goal "redirect, uncached, $links links, $UNCACHED_CONNECTIONS clients: p99" \
        "$(spread 2 "${p99s[@]}") ms" "$(median "${p99s[@]}")" '<=' 5 ms
    record '— p50 ms' "$(spread 2 "${p50s[@]}")"
    record '— redirects/s' "$(spread 0 "${rates[@]}")"
    record '— server CPU µs per redirect' "$(spread 1 "${cpus[@]}")"
    record '— found in the cache all the same' "$hit_percent %"
    if drop_page_cache; then
        uncached_rounds cold
        record_goal '— p99 with nothing of the database in memory at first' \
            "$(spread 2 "${p99s[@]}") ms" "$(median "${p99s[@]}")" '<=' 5 ms
        record '— redirects/s then' "$(spread 0 "${rates[@]}")"
    else
        record '— p99 with nothing of the database in memory' 'not allowed to empty the page cache'
    fi
}

# With the argument `cold` every round starts with an empty page cache.
uncached_rounds() {
    local round hits
    p99s=() p50s=() rates=() cpus=()
    for ((round = 1; round <= pairs; round++)); do
        if [[ ${1:-} == cold ]]; then drop_page_cache; fi
        await_quiet
        forget_clicks
        start_server "$SERVER_CORE" "$seeded" CURT_CACHE__MAX_BYTES=1MiB
        run_load uncached "$UNCACHED_CONNECTIONS" "$seconds" "$LOAD_CORE" "$RANDOM" "$links"
        p99s+=("$(load_p99_millis)") p50s+=("$(load_p50_millis)")
        rates+=("$(load_rate)") cpus+=("$(load_cpu_micros)")
        hits=$(metric 'curt_link_cache_lookups_total[{]outcome="hit"')
        hit_percent=$(rounded 2 "100 * $hits / ${load[good]}")
        end_server TERM
    done
}

# From exec to the first "ready", with all the links.
measure_start() {
    local round warm=() killed=() cold=()
    seed "$links"
    read_through "$seeded/curt.db"
    for ((round = 1; round <= pairs; round++)); do
        await_quiet
        start_server "$ALL_CORES" "$seeded"
        warm+=("$ready_millis")
        end_server TERM
    done
    record_goal "start, $links links: from exec to ready" \
        "$(spread 0 "${warm[@]}") ms" "$(median "${warm[@]}")" '<=' 1000 ms
    start_after_kill
    record_goal '— after kill -9 under a load of creates' \
        "$(spread 0 "${killed[@]}") ms" "$(median "${killed[@]}")" '<=' 1000 ms
    drop_page_cache || return 0
    for ((round = 1; round <= pairs; round++)); do
        drop_page_cache
        await_quiet
        start_server "$ALL_CORES" "$seeded"
        cold+=("$ready_millis")
        end_server TERM
    done
    record_goal '— with nothing of database or program in memory' \
        "$(spread 0 "${cold[@]}") ms" "$(median "${cold[@]}")" '<=' 1000 ms
}

# Fills `killed`. Works on a copy: the original database stays as it is.
start_after_kill() {
    local round copy=$run_dir/copy
    cp --archive --reflink=auto -- "$seeded" "$copy"
    start_server "$ALL_CORES" "$copy"
    for ((round = 1; round <= pairs; round++)); do
        wrk --threads 1 --connections "$CREATE_CONNECTIONS" --duration 60s \
            --script bench/create.lua "http://$BENCH_HOST" -- "$round" >/dev/null 2>&1 &
        load_pid=$!
        disown "$load_pid"
        sleep "$WARM_UP_SECONDS"
        end_server KILL
        kill -KILL "$load_pid"
        load_pid=''
        await_quiet
        start_server "$ALL_CORES" "$copy"
        killed+=("$ready_millis")
    done
    end_server TERM
    rm -rf -- "$copy"
}

# Resident memory: at rest, and after enough different links to fill the cache.
measure_memory() {
    local idle cache serving
    start_server "$ALL_CORES" "$run_dir/memory"
    sleep "$SETTLE_SECONDS"
    idle=$(rounded 1 "$(memory_bytes) / 1e6")
    end_server TERM
    rm -rf -- "$run_dir/memory"
    record_goal 'resident memory, idle, empty database' "$idle MB" "$idle" '<=' 40 MB
    seed "$links"
    start_server "$ALL_CORES" "$seeded"
    sleep "$SETTLE_SECONDS"
    idle=$(rounded 1 "$(memory_bytes) / 1e6")
    record_goal "— idle, $links links" "$idle MB" "$idle" '<=' 40 MB
    run_load uncached "$FILL_CONNECTIONS" "$FILL_SECONDS" "$ALL_CORES" "$RANDOM" "$links"
    cache=$(rounded 1 "$(metric 'curt_link_cache_bytes[{]') / 1e6")
    serving=$(rounded 1 "$(memory_bytes) / 1e6")
    end_server TERM
    record_goal "— serving, without the $cache MB that the cache says it holds" \
        "$serving − $cache MB" "$(rounded 1 "$serving - $cache")" '<=' 90 MB
}

# The effect on creates of backups that are made at the same time, one after the other.
measure_backup() {
    local round alone=() beside=() rates=() rates_beside=() made=()
    seed "$BACKUP_LINKS"
    for ((round = 1; round <= pairs && round <= BACKUP_ROUNDS; round++)); do
        backup_round "$round"
        say "round $round: p99 ${alone[-1]} ms, then ${beside[-1]} ms beside ${made[-1]} backups"
    done
    record_ratio "backup of $BACKUP_LINKS links beside creates: p99 of these, × without" \
        "${beside[*]}" "${alone[*]}" '<=' 3
    record '— p99 ms with; without' "$(spread 2 "${beside[@]}"); $(spread 2 "${alone[@]}")"
    record '— creates/s with; without' "$(spread 0 "${rates_beside[@]}"); $(spread 0 "${rates[@]}")"
    record "— backups made and verified in $BACKUP_SECONDS s" "$(spread 0 "${made[@]}")"
}

# One round on a copy: creates alone, then beside backups. Adds a number to each array of the
# caller.
backup_round() {
    local copy=$run_dir/copy backups=$run_dir/backups
    cp --archive --reflink=auto -- "$seeded" "$copy"
    await_quiet
    start_server "$ALL_CORES" "$copy"
    paced_creates $((2 * $1))
    alone+=("$(load_p99_millis)") rates+=("$(load_rate)")
    start_backups "$copy" "$backups"
    paced_creates $((2 * $1 + 1))
    end_backups
    beside+=("$(load_p99_millis)") rates_beside+=("$(load_rate)")
    made+=("$(find "$backups" -name '*.json' | wc -l)")
    ((0 < made[-1])) || die 'no backup was made in that time'
    end_server TERM
    rm -rf -- "$copy" "$backups"
}

paced_creates() {
    run_load create "$BACKUP_CONNECTIONS" "$BACKUP_SECONDS" "$LOAD_CORE" "$1" "$BACKUP_PAUSE_MILLIS"
}

# Makes backups of a data directory into a folder, one after the other, as load_pid.
start_backups() {
    rm -f -- "$run_dir/enough"
    (
        cd "$run_dir"
        until [[ -e enough ]]; do
            CURT_DATA_DIR=$1 CURT_BACKUP__DIR=$2 CURT_PUBLIC_URL=http://$BENCH_HOST \
                setpriv --pdeathsig KILL "$CURT" backup create
        done
    ) >>"$run_dir/server.log" 2>&1 &
    load_pid=$!
}

# Waits for the end of the backup under way.
end_backups() {
    touch -- "$run_dir/enough"
    wait "$load_pid" || die 'a backup failed'
    load_pid=''
}

# How fast the clicks of a full journal are counted into SQLite, on one core.
measure_drain() {
    local round hot=() spread_out=() bytes
    for ((round = 1; round <= pairs && round <= DRAIN_ROUNDS; round++)); do
        drain_round "$DRAIN_CLICKS" "$HOT_LINKS"
        hot+=("${load[clicks_per_second]}")
        drain_round "$DRAIN_CLICKS_EACH" "$DRAIN_CLICKS_EACH"
        spread_out+=("${load[clicks_per_second]}") bytes=${load[click_bytes]}
        say "round $round: ${hot[-1]} and ${spread_out[-1]} clicks/s"
    done
    record_goal "drain: $DRAIN_CLICKS clicks of $bytes bytes on $HOT_LINKS links, without raw rows, into SQLite, one core: clicks/s" \
        "$(spread 0 "${hot[@]}")" "$(median "${hot[@]}")" '>=' 1000000
    record "— $DRAIN_CLICKS_EACH clicks, every one on another link" "$(spread 0 "${spread_out[@]}")"
}

# Writes this many clicks on this many links, and then counts them.
drain_round() {
    local line pair
    await_quiet
    line=$(taskset --cpu-list "$SERVER_CORE" timeout "$DRAIN_SECONDS_MAX" \
        "$DRAIN_RATE" "$run_dir/drain" "$1" "$2") || die "failed: drain_rate $1 $2"
    rm -rf -- "$run_dir/drain"
    load=()
    for pair in $line; do load[${pair%%=*}]=${pair#*=}; done
}

measure_size() {
    local megabytes
    megabytes=$(rounded 1 "$(stat --format %s "$CURT") / 1e6")
    record_goal 'program, stripped' "$megabytes MB" "$megabytes" '<=' 30 MB
}

# Sets `seeded` to a data directory with this many links, made once for each schema.
seed() {
    local links=$1 schema
    schema=$(cat crates/curt-store/migrations/sqlite/*.sql crates/curt-store/examples/bare_sqlite/*.rs |
        sha256sum | cut -c 1-12)
    seeded=$BENCH_DIR/$links-links-$schema
    if [[ -d $seeded ]]; then
        forget_clicks
        return
    fi
    say "making a database of $links links, once"
    rm -rf -- "$BENCH_DIR/$links"-links-*
    mkdir --mode 700 -- "$run_dir/seeded"
    "$BARE_SQLITE" seed "$run_dir/seeded/curt.db" "$links"
    mv -- "$run_dir/seeded" "$seeded"
}

# Uncounted clicks of an earlier server would be counted under the next load.
forget_clicks() { rm -rf -- "$seeded/journal"; }
