# shellcheck shell=bash
# The effect of thousands of other connections on well-behaved clients. Sourced by scripts/bench.

# Well-behaved clients, each with ten requests a second.
NORMAL_CLIENTS=200
NORMAL_RATE=2000
SLOW_CLIENTS=2000
SLOW_KINDS=(silent partial_head dripping_head dripping_body not_reading)
# A round takes a minute.
CROWD_ROUNDS=3
# The server lets in 10 000 by default.
IDLE_CONNECTIONS=9900
IDLE_NORMAL_CONNECTIONS=64
# Longer than the other load takes to connect.
CROWD_SPARE_SECONDS=2
DESCRIPTOR_SECONDS_MAX=5
LOGIN_RATE=200
# Memory of two hashes at a time, by Argon2id's setting: 19 MiB each.
HASHES_BYTES=$((2 * 19456 * 1024))
LOGIN_ROUNDS=5

# Slow clients of all kinds from one address: first all admitted, then with the default limit for
# one address.
measure_slow() {
    local kind
    seed_hot
    slow_rounds "CURT_HTTP__CONNECTIONS_PER_CLIENT_MAX=$((2 * SLOW_CLIENTS))"
    record_ratio "slow: $SLOW_CLIENTS slow clients, all let in, beside $NORMAL_CLIENTS others with $NORMAL_RATE redirects/s: p99 of these, × without the slow" \
        "${during[*]}" "${before[*]}" '<=' 2
    record "— p99 ms with; without; the load's own delay with" \
        "$(spread 2 "${during[@]}"); $(spread 2 "${before[@]}"); $(spread 2 "${lags[@]}")"
    record_goal '— longest time that a slow connection lasted' \
        "$(spread 1 "${longest[@]}") s" "$(median "${longest[@]}")" '<=' 10 s
    for kind in "${SLOW_KINDS[@]}"; do
        record "— longest, ${kind//_/ }" "$(spread 1 "${lasted[$kind]}") s"
    done
    record_goal '— descriptors left open afterwards' "$(spread 0 "${left[@]}")" "$(median "${left[@]}")" '<=' 0
    slow_rounds
    record "— with the default of 1000 connections for a client: p99, × without the slow" \
        "$(spread 2 "$(ratios "${during[*]}" "${before[*]}")")"
    record '— connections refused then, of those that tried' \
        "$(spread 0 "${refused[@]}") of $(spread 0 "${tried[@]}")"
}

# Rounds with settings, `NAME=VALUE`. Adds a number for each round to the arrays.
slow_rounds() {
    local round kind base most
    before=() during=() lags=() longest=() left=() refused=() tried=()
    declare -gA lasted=()
    for ((round = 1; round <= pairs && round <= CROWD_ROUNDS; round++)); do
        await_quiet
        start_server "$SERVER_CORE" "$seeded" "$@"
        run_steady "$NORMAL_CLIENTS" "$NORMAL_RATE" "$WARM_UP_SECONDS"
        sleep "$SETTLE_SECONDS"
        base=$(open_descriptors)
        run_steady "$NORMAL_CLIENTS" "$NORMAL_RATE" "$seconds"
        before+=("$(load_p99_millis)")
        start_crowd slow "$BENCH_HOST" "$SLOW_CLIENTS" $((seconds + CROWD_SPARE_SECONDS))
        run_steady "$NORMAL_CLIENTS" "$NORMAL_RATE" "$seconds"
        during+=("$(load_p99_millis)") lags+=("$(load_lag_millis)")
        end_crowd
        ((crowd[open] == 0)) || die "${crowd[open]} slow connections were never closed"
        most=0
        for kind in "${SLOW_KINDS[@]}"; do
            lasted[$kind]+=" $(rounded 1 "${crowd[$kind]} / 1e3")"
            if ((most < crowd[$kind])); then most=${crowd[$kind]}; fi
        done
        longest+=("$(rounded 1 "$most / 1e3")") refused+=("${crowd[refused]}") tried+=("${crowd[closed]}")
        left+=("$(descriptors_over "$base")")
        say "round $round: p99 ${before[-1]} ms, then ${during[-1]} ms with $crowd_ready slow clients, closed after ${longest[-1]} s"
        end_server TERM
    done
}

# How many descriptors above the given number are open, after the last connections had time to end.
descriptors_over() {
    local deadline=$((SECONDS + DESCRIPTOR_SECONDS_MAX)) over
    while over=$(($(open_descriptors) - $1)) && ((0 < over && SECONDS < deadline)); do sleep 0.1; done
    echo "$((0 < over ? over : 0))"
}

# Hundreds of wrong passwords a second, from clients that no limit stops, beside redirects on the
# same core.
measure_logins() {
    local round base
    local before=() during=() lags=() memory=() wrong=() paused=() busy=() refused=() rates=()
    seed_hot
    for ((round = 1; round <= pairs && round <= LOGIN_ROUNDS; round++)); do
        await_quiet
        start_server "$SERVER_CORE" "$seeded" CURT_LIMITS__ENABLED=true \
            CURT_HTTP__TRUSTED_PROXIES=127.0.0.3
        run_steady "$NORMAL_CLIENTS" "$NORMAL_RATE" "$WARM_UP_SECONDS"
        run_steady "$NORMAL_CLIENTS" "$NORMAL_RATE" "$seconds"
        before+=("$(load_p99_millis)")
        # From here on the kernel records the maximum.
        echo 5 >"/proc/$server_pid/clear_refs"
        base=$(memory_bytes)
        start_crowd logins "$BENCH_HOST" "$LOGIN_RATE" $((seconds + CROWD_SPARE_SECONDS))
        run_steady "$NORMAL_CLIENTS" "$NORMAL_RATE" "$seconds"
        during+=("$(load_p99_millis)") lags+=("$(load_lag_millis)")
        end_crowd
        memory+=("$(rounded 1 "($(memory_most_bytes) - $base) / 1e6")")
        wrong+=("${crowd[wrong]}") paused+=("${crowd[paused]}") busy+=("${crowd[busy]}")
        refused+=("$(rounded 1 "${crowd[refused_max]} / 1e3")")
        rates+=("$(rounded 0 "(${crowd[wrong]} + ${crowd[paused]} + ${crowd[busy]}) * 1e6 / ${crowd[micros]}")")
        say "round $round: p99 ${before[-1]} ms, then ${during[-1]} ms; ${memory[-1]} MB more"
        end_server TERM
    done
    record_ratio "logins: $LOGIN_RATE wrong passwords/s beside $NORMAL_RATE redirects/s: p99 of these, × without" \
        "${during[*]}" "${before[*]}" '<=' 1.5
    record "— p99 ms with; without; the load's own delay with" \
        "$(spread 2 "${during[@]}"); $(spread 2 "${before[@]}"); $(spread 2 "${lags[@]}")"
    record_goal '— resident memory at most, over that before' "$(spread 1 "${memory[@]}") MB" \
        "$(median "${memory[@]}")" '<=' "$(rounded 1 "$HASHES_BYTES / 1e6")" MB
    record '— logins/s; of a round: looked at (401); paused (429); too many at a time (503)' \
        "$(spread 0 "${rates[@]}"); $(spread 0 "${wrong[@]}"); $(spread 0 "${paused[@]}"); $(spread 0 "${busy[@]}")"
    record '— slowest refusal, ms' "$(spread 1 "${refused[@]}")"
}

# Idle connections after one request: their memory, and their effect on other clients.
measure_idle() {
    local round memory before=() during=() lags=() each=()
    seed_hot
    for ((round = 1; round <= pairs && round <= CROWD_ROUNDS; round++)); do
        await_quiet
        start_server "$SERVER_CORE" "$seeded"
        run_steady "$IDLE_NORMAL_CONNECTIONS" "$NORMAL_RATE" "$WARM_UP_SECONDS"
        run_steady "$IDLE_NORMAL_CONNECTIONS" "$NORMAL_RATE" "$seconds"
        before+=("$(load_p99_millis)")
        memory=$(memory_bytes)
        start_crowd idle "$BENCH_HOST" "$codes" "$IDLE_CONNECTIONS" $((seconds + CROWD_SPARE_SECONDS))
        each+=("$(rounded 1 "($(memory_bytes) - $memory) / $IDLE_CONNECTIONS / 1e3")")
        run_steady "$IDLE_NORMAL_CONNECTIONS" "$NORMAL_RATE" "$seconds"
        during+=("$(load_p99_millis)") lags+=("$(load_lag_millis)")
        end_crowd
        ((crowd[open] == IDLE_CONNECTIONS)) || die "only ${crowd[open]} idle connections were left open"
        say "round $round: ${each[-1]} KB each, p99 ${before[-1]} ms, then ${during[-1]} ms"
        end_server TERM
    done
    record_goal "idle: $IDLE_CONNECTIONS connections that were used once: resident memory of each" \
        "$(spread 1 "${each[@]}") KB" "$(median "${each[@]}")" '<=' 25 KB
    record_goal "— p99 of $NORMAL_RATE redirects/s on $IDLE_NORMAL_CONNECTIONS others meanwhile" \
        "$(spread 2 "${during[@]}") ms" "$(median "${during[@]}")" '<=' 5 ms
    record "— p99 ms of these without; the load's own delay meanwhile" \
        "$(spread 2 "${before[@]}"); $(spread 2 "${lags[@]}")"
}
