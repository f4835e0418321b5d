# shellcheck shell=sh disable=SC2154
# Makes .venv hold exactly what a lock file says, and the app. Sourced by ringbank and
# tests/run (POSIX sh), which set `root` to the checkout's folder and use `set -eu`.
#
# Nothing here writes to stdout: that belongs to the program that is started afterwards.

say() { echo "ringbank: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Runs a command; what it says is shown only when it fails.
quietly() {
    if ! said=$("$@" 2>&1 </dev/null); then
        echo "$said" >&2
        return 1
    fi
}

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
    say "installing $* with apt-get"
    # A fresh machine has no package lists, an old one has stale ones.
    quietly apt-get update -qq &&
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends "$@" ||
        fail "apt-get could not install $*; mend what it says above, then try again"
}

# Where the environment works: it does not survive a moved checkout or another interpreter.
place() { echo "$root $(readlink -f "$root/.venv/bin/python")"; }

fingerprint() {
    cat "$root/$1" "$root/pyproject.toml" | cksum
    place
}

is_current() {
    [ -e "$root/.venv/$1.stamp" ] && [ "$(cat "$root/.venv/$1.stamp")" = "$(fingerprint "$1")" ]
}

# prepare LOCK: return at once when .venv holds LOCK already, else make it so.
prepare() {
    if is_current "$1"; then return; fi
    exec 9<"$root" # two first starts at once: the second waits and finds the work done
    flock 9
    if ! is_current "$1"; then install_lock "$1"; fi
    exec 9<&-
}

install_lock() {
    # `whole` is there only between installs: an interrupted one may have left half a
    # package that pip takes for a whole one, so everything is made anew.
    if [ ! -e "$root/.venv/whole" ] || [ "$(cat "$root/.venv/whole")" != "$(place)" ]; then
        make_venv
    fi
    rm -f "$root/.venv/whole"
    say "installing $1 into .venv (first start or changed requirements; about a minute)"
    # --no-build-isolation: hatchling comes from the lock too, so every byte is pinned.
    quietly "$root/.venv/bin/python" -m pip install -qq --require-hashes -r "$root/$1" &&
        quietly "$root/.venv/bin/python" -m pip install -qq --no-deps --no-build-isolation \
            -e "$root" ||
        fail "pip could not install $1; check the network and the free disk space, then try again"
    place >"$root/.venv/whole"
    fingerprint "$1" >"$root/.venv/$1.stamp"
}

make_venv() {
    python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "Python 3.11 or newer is needed; install one and name it: PYTHON=python3.11 $0"
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        can_apt || fail "Python's venv is missing; run: sudo apt-get install python3-venv"
        apt_install python3-venv
    fi
    quietly "$python" -m venv --clear "$root/.venv" ||
        fail "$root/.venv cannot be made; check the folder's permissions and free disk space"
}
