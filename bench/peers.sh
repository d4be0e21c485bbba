# shellcheck shell=bash
# The servers that ours is compared with, started in the same way. Sourced by scripts/bench.

# The servers' names in the table.
declare -A NAMES=([curt]=Curt [uncounted]='Curt without a journal' [bare]='bare hyper' [nginx]=nginx
    [last]='the last release')

# The path and the version of nginx, or why it is missing.
nginx='' nginx_version='' nginx_missing=''

# Debian's package is unpacked, not installed: an installed one would start and enable a service.
find_nginx() {
    local folder=$BENCH_DIR/nginx
    nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || nginx=$folder/usr/sbin/nginx
    if [[ ! -x $nginx ]] && ! unpack_nginx "$folder"; then
        nginx_missing='it is not installed, and apt-get does not bring it'
        return
    fi
    if ! nginx_version=$("$nginx" -v 2>&1 | sed -n 's,^nginx version: nginx/,,p') ||
        [[ -z $nginx_version ]]; then
        nginx_missing="$nginx does not start"
        return
    fi
    NAMES[nginx]="nginx $nginx_version"
}

unpack_nginx() {
    local fetched=$run_dir/fetched
    say 'fetching nginx'
    mkdir -- "$fetched"
    (cd "$fetched" && apt-get download --quiet=2 nginx) >/dev/null 2>&1 || return
    dpkg-deb --extract "$fetched"/nginx_*.deb "$1" || return
    rm -rf -- "$fetched"
    [[ -x $1/usr/sbin/nginx ]]
}

# The servers of a round, starting with another one each time: the round's number, and additional
# servers.
servers_of_round() {
    local all=(curt bare) count first
    [[ -n $nginx_missing ]] || all+=(nginx)
    all+=("${@:2}")
    count=${#all[@]}
    first=$((($1 - 1) % count))
    echo "${all[@]:first}" "${all[@]:0:first}"
}

# Starts one of the servers on SERVER_CORE: which, `http1` or `http2`. Ours speaks both.
start_one() {
    case $1 in
        curt) start_counting ;;
        last) CURT=$last_release start_counting ;;
        uncounted) start_server "$SERVER_CORE" "$seeded" CURT_JOURNAL__ENABLED=false ;;
        bare) start_bare "$2" ;;
        nginx) start_nginx "$2" ;;
    esac
}

# Starts ours and moves the threads that count clicks to the core of the load: the server's core
# then only does redirects. Deletes the clicks of earlier rounds.
start_counting() {
    local journal=$run_dir/journal
    rm -rf -- "$journal"
    start_server "$SERVER_CORE" "$seeded" CURT_JOURNAL__DIR="$journal"
    move_counting "$LOAD_CORE"
}

start_bare() {
    port=$(free_port)
    export BENCH_HOST=127.0.0.1:$port
    launch "$SERVER_CORE" "$BARE_HYPER" "$BENCH_HOST" "$1"
    await_server accepts
}

# One process, which equals one worker: a master would be one more process to kill.
start_nginx() {
    local folder=$run_dir/nginx protocol=''
    [[ $1 == http1 ]] || protocol=' http2'
    port=$(free_port)
    export BENCH_HOST=127.0.0.1:$port
    rm -rf -- "$folder"
    mkdir -- "$folder"
    awk '{ print "/" $1, $2 ";" }' "$run_dir/hot" >"$folder/targets.map"
    cat >"$folder/nginx.conf" <<CONF
daemon off;
master_process off;
pid $folder/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
    client_body_temp_path $folder;
    proxy_temp_path $folder;
    fastcgi_temp_path $folder;
    uwsgi_temp_path $folder;
    scgi_temp_path $folder;
    access_log $folder/access.log combined buffer=32k flush=5s;
    # The other servers do not renew connections either.
    keepalive_requests 1000000000;
    map_hash_max_size 8192;
    map_hash_bucket_size 256;
    map \$uri \$target { include $folder/targets.map; }
    server {
        listen $BENCH_HOST$protocol;
        location / { return 302 \$target; }
    }
}
CONF
    launch "$SERVER_CORE" "$nginx" -e stderr -p "$folder" -c "$folder/nginx.conf"
    await_server accepts
}

# Whether the server accepts connections.
accepts() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
