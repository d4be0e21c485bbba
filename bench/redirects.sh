# shellcheck shell=bash
# Redirects of popular links, compared with a bare hyper server and with nginx. Sourced by
# scripts/bench.

REDIRECT_LINKS_MAX=1000000
# As many as bench/redirect.lua follows.
HOT_LINKS=1000
REDIRECT_CONNECTIONS=64
# Together as many requests at a time as with HTTP/1.1.
HTTP2_CONNECTIONS=16
HTTP2_STREAMS=4
# No goal depends on it.
HTTP2_ROUNDS=3
# Reported, without a goal.
BESIDE_ROUNDS=5
# Requests that repeat for each connection; h2load takes them from a file.
HTTP2_REQUESTS=16384
# The server's own count of redirects with 302.
FOUND='curt_http_requests_total[{].*status="302"'

# Redirects at full load: the cost of one, and how many there are.
measure_redirect() {
    local pair server names also=(uncounted)
    local -A rates=() cpus=() p99s=() busy=()
    [[ -z $last_release ]] || also+=(last)
    seed_hot
    for ((pair = 1; pair <= pairs; pair++)); do
        for server in $(servers_of_round "$pair" "${also[@]}"); do
            redirect_round "$server" "$pair"
            rates[$server]+=" $(load_rate)" cpus[$server]+=" $(load_cpu_micros)"
            p99s[$server]+=" $(load_p99_millis)" busy[$server]+=" $(load_busy_percent)"
            say "pair $pair, $server: $(load_rate) redirects/s, $(load_cpu_micros) µs"
        done
    done
    record_ratio "redirect, $hot_of, each click journaled, counted on the other core: server CPU, × bare hyper" \
        "${cpus[curt]}" "${cpus[bare]}" '<=' 1.12
    if [[ -z $nginx_missing ]]; then
        record_ratio "— server CPU, × ${NAMES[nginx]} with its log" \
            "${cpus[curt]}" "${cpus[nginx]}" '<=' 1.0
        record_ratio "— redirects/s on one core, × ${NAMES[nginx]} with its log" \
            "${rates[curt]}" "${rates[nginx]}" '>=' 1.0
    else
        record '— × nginx' "not measured: $nginx_missing"
    fi
    record_ratio '— what the journal costs: server CPU, × without it' \
        "${cpus[curt]}" "${cpus[uncounted]}" '<=' 1.1
    if [[ -n $last_release ]]; then
        record_ratio '— server CPU, × the last release' "${cpus[curt]}" "${cpus[last]}" '<=' 1.02
    fi
    names=$(servers_of_round 1 "${also[@]}")
    for server in $names; do
        record "— ${NAMES[$server]}: server CPU µs per redirect" "$(spread 2 "${cpus[$server]}")"
        record "— ${NAMES[$server]}: redirects/s; of the core in use" \
            "$(spread 0 "${rates[$server]}"); $(spread 0 "${busy[$server]}") %"
        record "— ${NAMES[$server]}: p99 ms at full load" "$(spread 2 "${p99s[$server]}")"
    done
    measure_counting_beside
    measure_http2
}

# Everything on one core, including the counting.
measure_counting_beside() {
    local round counting rates=() cpus=() counts=() behind=()
    for ((round = 1; round <= pairs && round <= BESIDE_ROUNDS; round++)); do
        await_quiet
        rm -rf -- "$run_dir/journal"
        start_server "$SERVER_CORE" "$seeded" CURT_JOURNAL__DIR="$run_dir/journal"
        run_load redirect "$REDIRECT_CONNECTIONS" "$WARM_UP_SECONDS" "$LOAD_CORE" "$round" "$redirect_links"
        counting=$(counting_ticks)
        run_load redirect "$REDIRECT_CONNECTIONS" "$seconds" "$LOAD_CORE" "$round" "$redirect_links"
        counts+=("$(rounded 2 "($(counting_ticks) - $counting) * 1e6 / $CLOCK_TICKS / ${load[good]}")")
        rates+=("$(load_rate)") cpus+=("$(load_cpu_micros)")
        behind+=("$(metric 'curt_drain_lag_seconds')")
        end_server KILL
    done
    record '— counted on the same core: redirects/s; server CPU µs per redirect, counting included' \
        "$(spread 0 "${rates[@]}"); $(spread 2 "${cpus[@]}")"
    record '— — of which counting, µs per click; how far behind it was at the end, s' \
        "$(spread 2 "${counts[@]}"); $(spread 0 "${behind[@]}")"
}

# Sets `seeded` to a database with links, `hot` to a file of popular links and their targets,
# `codes` to a file of their codes. The most popular is first.
seed_hot() {
    local count=$links step
    ((count <= REDIRECT_LINKS_MAX)) || count=$REDIRECT_LINKS_MAX
    ((HOT_LINKS <= count)) || die "redirects need $HOT_LINKS links at least"
    seed "$count"
    step=$((count / HOT_LINKS)) redirect_links=$count
    hot=$run_dir/hot codes=$run_dir/codes hot_of="$HOT_LINKS of $count links"
    sqlite3 -separator ' ' "$seeded/curt.db" \
        "select code, target from links where id % $step = 0 order by id limit $HOT_LINKS" >"$hot"
    cut -d ' ' -f 1 "$hot" >"$codes"
}

# One of the servers under full load: which one, and a seed for the order of the requests.
redirect_round() {
    local server=$1 pair=$2 found
    await_quiet
    start_one "$server" http1
    check_redirects "$server"
    run_load redirect "$REDIRECT_CONNECTIONS" "$WARM_UP_SECONDS" "$LOAD_CORE" "$pair" "$redirect_links"
    if is_ours "$server"; then found=$(metric "$FOUND"); fi
    run_load redirect "$REDIRECT_CONNECTIONS" "$seconds" "$LOAD_CORE" "$pair" "$redirect_links"
    if is_ours "$server"; then
        found=$(($(metric "$FOUND") - found))
        ((load[good] <= found)) || die "${load[good]} answers, but only $found of them with 302"
    fi
    if [[ $server == curt || $server == last ]]; then check_counts; fi
    end_server KILL
}

is_ours() { [[ $1 == curt || $1 == uncounted || $1 == last ]]; }

# Every redirect was recorded or dropped, and almost none was dropped.
check_counts() {
    local followed written dropped
    followed=$(metric 'curt_redirects_total[{]outcome="followed"')
    written=$(metric 'curt_journal_clicks_total') dropped=$(metric 'curt_journal_dropped_total')
    ((followed == written + dropped)) || die "$followed redirects, $written clicks, $dropped dropped"
    if ((0 < dropped)); then say "$dropped of $followed clicks were dropped"; fi
}

# Every popular link leads where the database says; with a bare server, anywhere.
check_redirects() {
    local answers=$run_dir/answers
    awk -v host="$BENCH_HOST" '{ print "url = http://" host "/" $1 "\noutput = /dev/null" }' "$hot" |
        curl --silent --show-error --max-time 10 --config - \
            --write-out '%{http_code} %{redirect_url}\n' >"$answers" || die "$1 does not answer"
    if [[ $1 == bare ]]; then
        ! grep --quiet --invert-match '^302 https://' "$answers" || die "$1 does not redirect"
    else
        cut -d ' ' -f 2 "$hot" | sed 's/^/302 /' | cmp --silent - "$answers" ||
            die "$1 does not redirect every link to its target"
    fi
}

# The same over HTTP/2 without TLS, without a goal.
measure_http2() {
    local round server names
    local -A rates=() cpus=()
    for ((round = 1; round <= pairs && round <= HTTP2_ROUNDS; round++)); do
        for server in $(servers_of_round "$round"); do
            await_quiet
            start_one "$server" http2
            draw_requests "$round"
            run_http2_load "$WARM_UP_SECONDS"
            run_http2_load "$seconds"
            rates[$server]+=" $(load_rate)" cpus[$server]+=" $(load_cpu_micros)"
            end_server KILL
        done
    done
    names=$(servers_of_round 1)
    for server in $names; do
        record "— ${NAMES[$server]}, HTTP/2 in cleartext: server CPU µs per redirect; redirects/s" \
            "$(spread 2 "${cpus[$server]}"); $(spread 0 "${rates[$server]}")"
    done
}

# What bench/redirect.lua does, for h2load: URLs of links, the popular ones most often.
draw_requests() {
    awk -v seed="$1" -v host="$BENCH_HOST" -v requests="$HTTP2_REQUESTS" '
        { code[NR] = $1; sum += 1 / NR; weight[NR] = sum }
        END {
            srand(seed)
            for (i = 1; i <= requests; i++) {
                drawn = rand() * sum
                low = 1; high = NR
                while (low < high) {
                    middle = int((low + high) / 2)
                    if (weight[middle] < drawn) low = middle + 1; else high = middle
                }
                print "http://" host "/" code[low]
            }
        }' "$codes" >"$run_dir/requests"
}

run_http2_load() {
    note_load http2_load "$1"
    ((load[failed] == 0)) || die "${load[failed]} of ${load[good]} answers over HTTP/2 were wrong"
}

# Runs h2load for this many seconds, and prints the same line as our own loads.
http2_load() {
    taskset --cpu-list "$LOAD_CORE" timeout $(($1 + 30)) h2load --threads 1 \
        --clients "$HTTP2_CONNECTIONS" --max-concurrent-streams "$HTTP2_STREAMS" \
        --duration "$1" --input-file "$run_dir/requests" |
        awk -v micros=$(($1 * 1000000)) '
            # The time ends in the middle of some answers: h2load counts their statuses, but not the
            # answers.
            /^requests:/ { failed = $10 + $12 + $14 }
            /^status codes:/ { redirected = $5; other = $3 + $7 + $9 }
            END {
                print "good=" redirected, "failed=" failed + other, "micros=" micros
            }'
}

# Redirects at half of our maximum rate, due at fixed times and not when the last one is answered.
# The other servers get the same rate.
measure_latency() {
    local pair server names rate
    local -A p50s=() p99s=() lags=()
    seed_hot
    redirect_round curt 0
    rate=$(rounded 0 "$(load_rate) / 2")
    for ((pair = 1; pair <= pairs; pair++)); do
        for server in $(servers_of_round "$pair"); do
            await_quiet
            start_one "$server" http1
            run_steady "$REDIRECT_CONNECTIONS" "$rate" "$WARM_UP_SECONDS"
            run_steady "$REDIRECT_CONNECTIONS" "$rate" "$seconds"
            p50s[$server]+=" $(load_p50_millis)" p99s[$server]+=" $(load_p99_millis)"
            lags[$server]+=" $(load_lag_millis)"
            say "pair $pair, $server: p99 $(load_p99_millis) ms, sent $(load_lag_millis) ms late"
            end_server KILL
        done
    done
    record_ratio "latency, $hot_of, $rate redirects/s (half of the peak), due at fixed times: p99, × bare hyper" \
        "${p99s[curt]}" "${p99s[bare]}" '<=' 2
    names=$(servers_of_round 1)
    for server in $names; do
        record "— ${NAMES[$server]}: p50 ms; p99 ms; the load's own delay in it, p99 ms" \
            "$(spread 2 "${p50s[$server]}"); $(spread 2 "${p99s[$server]}"); $(spread 2 "${lags[$server]}")"
    done
    [[ -z $nginx_missing ]] || record '— nginx' "not measured: $nginx_missing"
}

# Redirects at a fixed rate: connections, requests a second, seconds.
run_steady() {
    run_own_load "$LOAD_CORE" $(($3 + 30)) steady "$BENCH_HOST" "$codes" "$@"
}
