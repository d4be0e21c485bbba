# shellcheck shell=bash
# The server under test, the load on it, and the kernel's measurements. Sourced by scripts/bench.

READY_SECONDS_MAX=60
STOP_SECONDS_MAX=20
CROWD_SECONDS_MAX=300
CLOCK_TICKS=$(getconf CLK_TCK)

# A round waits until the machine is idle, up to this time.
BUSY_PERCENT_MAX=10
QUIET_SECONDS_MAX=30

# The threads of the server that count clicks: from the journal, by the drain, into SQLite.
COUNTING_THREADS=(journal drain sqlite-writer)

rounds=0 busy_rounds=0
# Whether the threads that count have a separate core.
counting_apart=''
declare -A load=() crowd=()

make_admin_key() {
    CURT_ADMIN_KEY=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
    export CURT_ADMIN_KEY
}

free_port() {
    local port
    while :; do
        # Below the range that the kernel uses for outgoing connections.
        port=$((20000 + RANDOM % 12000))
        if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

# Starts a server as server_pid: cores, then the program with its environment and arguments. It runs
# in a folder without a curt.toml, without settings from outside, and ends with this script.
launch() {
    local cores=$1
    shift
    (cd "$run_dir" && exec setpriv --pdeathsig KILL taskset --cpu-list "$cores" env -i "$@") \
        >>"$run_dir/server.log" 2>&1 &
    server_pid=$!
    # Otherwise the shell would report every killed server.
    disown "$server_pid"
}

# Starts `curt serve` on some cores and a data directory; more arguments are settings, `NAME=VALUE`.
# Sets ready_millis, the time from exec to the first ready answer.
start_server() {
    local cores=$1 data_dir=$2 started
    shift 2
    counting_apart=''
    port=$(free_port)
    metrics_port=$(free_port)
    export BENCH_HOST=127.0.0.1:$port
    started=$(now_micros)
    # Without backups: the first one starts at once, and would copy the database under the load.
    launch "$cores" CURT_BACKUP__INTERVAL=off CURT_LIMITS__ENABLED=false \
        CURT_LISTEN="$BENCH_HOST" CURT_PUBLIC_URL="http://$BENCH_HOST" \
        CURT_METRICS__LISTEN="127.0.0.1:$metrics_port" CURT_ADMIN_KEY="$CURT_ADMIN_KEY" \
        CURT_DATA_DIR="$data_dir" CURT_SHUTDOWN__DELAY=0 "$@" "$CURT" serve
    await_server is_ready
    ready_millis=$(rounded 1 "($(now_micros) - $started) / 1000")
}

# Waits until a check succeeds.
await_server() {
    local started
    started=$(now_micros)
    until "$1"; do
        kill -0 "$server_pid" 2>/dev/null || die 'the server did not start'
        (($(now_micros) - started < READY_SECONDS_MAX * 1000000)) || die 'the server is not ready'
        sleep 0.001
    done
}

now_micros() { echo "${EPOCHREALTIME//[!0-9]/}"; }

# Sends a request without starting a program, which would take longer than the answer.
is_ready() {
    local status=''
    {
        printf 'GET /readyz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$BENCH_HOST" >&3
        read -r -t 5 status <&3
    } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$port"
    [[ $status == *' 200 '* ]]
}

# Ends the server with a signal and waits until it is gone.
end_server() {
    local pid=$server_pid
    kill "-$1" "$pid"
    # A server that does not end is killed, and the script with it.
    timeout "$STOP_SECONDS_MAX" \
        tail --pid="$pid" --sleep-interval=0.02 -f /dev/null || die 'the server does not stop'
    server_pid=''
}

# Runs wrk: script, connections, seconds, cores, arguments of the script. Fills the map `load`.
run_load() {
    local script=$1 connections=$2 duration=$3 cores=$4
    shift 4
    note_load taskset --cpu-list "$cores" timeout $((duration + 30)) wrk --threads 1 \
        --connections "$connections" --duration "${duration}s" --script "bench/$script.lua" \
        "http://$BENCH_HOST" -- "$@"
    ((load[failed] == 0)) || die "${load[failed]} of ${load[good]} answers to $script were wrong"
}

# Runs one of our own loads: cores, seconds until it is aborted, its arguments. Fills the map
# `load`.
run_own_load() {
    local cores=$1 time_max=$2
    shift 2
    note_load taskset --cpu-list "$cores" timeout "$time_max" "$LOAD" "$@"
}

# Runs a command and fills the map `load` with the line that it prints, `good=…`, and with the
# server's CPU time as `ticks`.
note_load() {
    local line pair ticks
    ticks=$(cpu_ticks)
    line=$("$@" | grep '^good=') || die "failed: $*"
    load=([ticks]=$(($(cpu_ticks) - ticks)))
    for pair in $line; do load[${pair%%=*}]=${pair#*=}; done
}

# Starts one of our own loads beside others, as load_pid: its arguments. Returns when it is ready,
# and sets crowd_ready to its message. It yields to the loads that are measured.
start_crowd() {
    local deadline=$((SECONDS + READY_SECONDS_MAX))
    taskset --cpu-list "$LOAD_CORE" chrt --idle 0 timeout "$CROWD_SECONDS_MAX" "$LOAD" "$@" >"$run_dir/crowd" &
    load_pid=$!
    until crowd_ready=$(grep --max-count 1 '^ready ' "$run_dir/crowd"); do
        kill -0 "$load_pid" 2>/dev/null || die "failed: load $*"
        ((SECONDS < deadline)) || die "not ready: load $*"
        sleep 0.1
    done
    crowd_ready=${crowd_ready#ready open=}
}

# Waits for its end, and fills the map `crowd` with the last line that it prints.
end_crowd() {
    local pair line
    wait "$load_pid" || die 'the crowd failed'
    load_pid=''
    line=$(tail -n 1 "$run_dir/crowd")
    crowd=()
    for pair in $line; do crowd[${pair%%=*}]=${pair#*=}; done
}

# Answers per second, and the server's CPU time for one in microseconds.
load_rate() { rounded 0 "${load[good]} * 1e6 / ${load[micros]}"; }
load_cpu_micros() { rounded 1 "${load[ticks]} * 1e6 / $CLOCK_TICKS / ${load[good]}"; }
load_p50_millis() { rounded 2 "${load[p50]} / 1e3"; }
load_p99_millis() { rounded 2 "${load[p99]} / 1e3"; }
# How late `load steady` itself was.
load_lag_millis() { rounded 2 "${load[late_p99]} / 1e3"; }
# How much of one core the server used.
load_busy_percent() { rounded 0 "100 * ${load[ticks]} * 1e6 / $CLOCK_TICKS / ${load[micros]}"; }

# User and system time of the server so far; without counting if that has a separate core.
cpu_ticks() {
    local task total=0
    if [[ -z $counting_apart ]]; then
        ticks_of "/proc/$server_pid"
        return
    fi
    for task in "/proc/$server_pid/task"/*; do
        is_counting "$task" || total=$((total + $(ticks_of "$task")))
    done
    echo "$total"
}

# The same for the counting threads only.
counting_ticks() {
    local task total=0
    for task in "/proc/$server_pid/task"/*; do
        if is_counting "$task"; then total=$((total + $(ticks_of "$task"))); fi
    done
    echo "$total"
}

# Ticks of a process or of one of its threads.
ticks_of() {
    local stat fields
    stat=$(<"$1/stat")
    # The second field is a name in brackets and may contain anything.
    read -ra fields <<<"${stat##*) }"
    echo $((fields[11] + fields[12]))
}

is_counting() { [[ " ${COUNTING_THREADS[*]} " == *" $(<"$1/comm") "* ]]; }

# Moves the server's threads that count clicks to another core, for as long as it runs. They get
# only idle time there, so that they do not delay the load.
move_counting() {
    local task moved=0
    for task in "/proc/$server_pid/task"/*; do
        is_counting "$task" || continue
        taskset --cpu-list --pid "$1" "${task##*/}" >/dev/null
        chrt --idle --pid 0 "${task##*/}"
        moved=$((moved + 1))
    done
    ((moved == ${#COUNTING_THREADS[@]})) || die "$moved threads count clicks: ${COUNTING_THREADS[*]}"
    counting_apart=yes
}

# Resident memory of the server, in bytes.
memory_bytes() {
    awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$server_pid/status"
}

# Its maximum since the kernel was told to reset it.
memory_most_bytes() {
    awk '/^VmHWM:/ { print $2 * 1024 }' "/proc/$server_pid/status"
}

# Files and sockets that the server has open.
open_descriptors() {
    local all=("/proc/$server_pid/fd"/*)
    echo "${#all[@]}"
}

# The sum of the server's samples that match a regular expression.
metric() {
    curl --silent --show-error --fail --max-time 10 "http://127.0.0.1:$metrics_port/metrics" |
        awk -v pattern="$1" '$0 ~ "^" pattern { sum += $NF } END { printf "%.0f", sum }'
}

# Waits until the machine is idle, so that a round measures only us.
await_quiet() {
    local deadline=$((SECONDS + QUIET_SECONDS_MAX))
    rounds=$((rounds + 1))
    while ((BUSY_PERCENT_MAX < $(busy_percent))); do
        if ((deadline < SECONDS)); then
            busy_rounds=$((busy_rounds + 1))
            say 'the machine does not come to rest; measuring all the same'
            return
        fi
    done
}

# How busy all cores were for half a second: everything except idle time and waiting for disks.
busy_percent() {
    local before after
    before=$(cpu_totals)
    sleep 0.5
    after=$(cpu_totals)
    echo "$before $after" | awk '{ print int(100 * ($3 - $1) / ($4 - $2 + 0.001)) }'
}

cpu_totals() {
    awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; print all - $5 - $6, all }' /proc/stat
}

# Reads a file from disk into memory.
read_through() { cat "$1" >/dev/null; }

# Writes all memory to disk and drops the page cache; false if that is not allowed.
drop_page_cache() {
    sync
    (echo 3 >/proc/sys/vm/drop_caches) 2>/dev/null
}
