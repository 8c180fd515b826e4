#!/usr/bin/env bash
# Proves the Dockerfile without a Docker daemon: builds both targets with buildah (chroot isolation)
# on a Debian root made by debootstrap, then lets the two images work together as compose.yaml does.
#
#   sudo deploy/prove-image.sh [WORK_FOLDER] [-- MORE ARGUMENTS OF buildah build]
#
# Needs root and Debian's packages debootstrap and buildah. Torch comes as pip finds it, which
# on most hosts is the build with CUDA (several GB); `-- --build-arg TORCH_INDEX=…` says otherwise.
# STEPS="base bot engine look together" are done one after the other; with the same WORK_FOLDER they
# may be done in several runs. STORAGE_DRIVER=overlay takes much less room than vfs, where the
# kernel lets root mount overlays.
set -euo pipefail

work=${1:-$(mktemp -d)}
[ "${1:-}" = "" ] || shift
[ "${1:-}" != "--" ] || shift
here=$(cd "$(dirname "$0")/.." && pwd)
base=localhost/restyle-base
# What the bot may add to the base image, packages and all.
bot_most_mb=300
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}
buildah=(buildah --root "$work/store" --runroot "$work/run")
say() { printf '\n== %s\n' "$*"; }

make_base() {
    say "a Debian root with Python in it"
    ! "${buildah[@]}" inspect "$base" >/dev/null 2>&1 || return 0
    [ -d "$work/root" ] || debootstrap --variant=minbase \
        --include=python3,python3-venv,ca-certificates bookworm "$work/root"
    # As Debian's own slim images do.
    rm -rf "$work"/root/usr/share/{doc,man,locale,info}/* \
        "$work"/root/var/{cache/apt/archives/*.deb,cache/apt/*.bin,lib/apt/lists/*}
    local container
    container=$("${buildah[@]}" from scratch)
    "${buildah[@]}" copy "$container" "$work/root" / >/dev/null
    "${buildah[@]}" commit --quiet --rm "$container" "$base" >/dev/null
    rm -rf "$work/root"
}

build() {
    say "building $1"
    "${buildah[@]}" build --quiet --format docker --layers --target "$1" \
        --build-arg PYTHON_IMAGE="$base" --tag "localhost/restyle-$1" "${@:2}" "$here"
}

start_containers() {
    bot=$("${buildah[@]}" from localhost/restyle-bot)
    engine=$("${buildah[@]}" from localhost/restyle-engine)
    trap stop_containers EXIT
}

stop_containers() {
    [ -z "${serving:-}" ] || kill "$serving" 2>/dev/null || true
    [ -z "${serving:-}" ] || wait "$serving" 2>/dev/null || true
    "${buildah[@]}" rm "$bot" "$engine" >/dev/null
}

look() {
    start_containers
    say "what the images weigh"
    "${buildah[@]}" images --filter dangling=false --format '{{.Name}} {{.Size}}'
    local container mb
    for container in "$bot" "$engine"; do
        "${buildah[@]}" run "$container" -- du -sm /opt/restyle
    done
    mb=$("${buildah[@]}" run "$bot" -- du -sm /opt/restyle | cut -f 1)
    test "$mb" -le "$bot_most_mb"

    say "the bot's image has no torch, and neither image runs as root"
    "${buildah[@]}" run "$bot" -- python3 -c '
import importlib.util, os
assert importlib.util.find_spec("torch") is None and os.getuid() == 10001
import bot.client, storage.database'
    "${buildah[@]}" run "$engine" -- python3 -c '
import os, torch, engine.families.loading
assert os.getuid() == 10001
print("torch", torch.__version__, "built for CUDA", torch.version.cuda)'
    "${buildah[@]}" run "$bot" -- restyle --version

    say "neither may write anywhere but in its volumes and the folders for everybody's scratch files"
    local places='/data /run/lock /run/restyle /tmp /var/tmp /weights'
    for container in "$bot" "$engine"; do
        # shellcheck disable=SC2016  # the shell in the container is to see it
        "${buildah[@]}" run "$container" -- sh -c \
            'test "$(find / -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune \
                -o -type d -writable -print -prune 2>/dev/null | sort | xargs)" = "$1"' sh "$places"
    done
    stop_containers
    trap - EXIT
}

work_together() {
    start_containers
    mkdir -p "$work/socket" "$work/data"
    chown 10001:10001 "$work/socket" "$work/data"
    local shared=(--volume "$work/socket:/run/restyle")
    say "one engine, one bot, one picture"
    "${buildah[@]}" run "${shared[@]}" "$engine" -- restyle engine &
    serving=$!
    cp "$here/bot/demo/photos/temple.jpg" "$work/data/"
    "${buildah[@]}" run "${shared[@]}" --volume "$work/data:/data" "$bot" -- \
        restyle image /data/temple.jpg -o /data/result.png --prompt "an oil painting" --seed 7 --json
    test -s "$work/data/result.png"
    "${buildah[@]}" run "${shared[@]}" "$engine" -- test -S /run/restyle/engine.sock

    say "the database can be made where the volume is"
    "${buildah[@]}" run "${shared[@]}" --volume "$work/data:/data" "$bot" -- restyle db upgrade
    test -s "$work/data/restyle.db"

    say "the content check finds its model, and no bot is called well where none runs"
    # The engine's socket is taken away, so that only what needs none is looked at.
    "${buildah[@]}" run --volume "$work/data:/data" "$bot" -- sh -c 'restyle doctor | tee /data/doctor' || true
    grep "^ok   content check: " "$work/data/doctor"
    if "${buildah[@]}" run "$bot" -- restyle health; then exit 1; fi
    stop_containers
    trap - EXIT
}

for step in ${STEPS:-base bot engine look together}; do
    case $step in
        base) make_base ;;
        bot | engine) build "$step" "$@" ;;
        look) look ;;
        together) work_together ;;
        *) echo "There is no step $step." >&2; exit 2 ;;
    esac
done
say "proved: ${STEPS:-base bot engine look together}"
