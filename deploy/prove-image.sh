#!/usr/bin/env bash
# Proves the Dockerfile without a Docker daemon: builds both targets with buildah (chroot isolation)
# on a Debian root made by debootstrap, then lets the two images work together as compose.yaml does.
#
#   sudo deploy/prove-image.sh [WORK_FOLDER] [-- MORE ARGUMENTS OF buildah build]
#
# Needs root and Debian's packages debootstrap and buildah. Torch comes as pip finds it, which
# on most hosts is the build with CUDA (several GB); `-- --build-arg TORCH_INDEX=…` says otherwise.
set -euo pipefail

work=${1:-$(mktemp -d)}
[ "${1:-}" = "" ] || shift
[ "${1:-}" != "--" ] || shift
here=$(cd "$(dirname "$0")/.." && pwd)
base=localhost/restyle-base
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}
buildah=(buildah --root "$work/store" --runroot "$work/run")
say() { printf '\n== %s\n' "$*"; }

say "a Debian root with Python in it"
if ! "${buildah[@]}" inspect "$base" >/dev/null 2>&1; then
    [ -d "$work/root" ] || debootstrap --variant=minbase \
        --include=python3,python3-venv,ca-certificates bookworm "$work/root"
    container=$("${buildah[@]}" from scratch)
    "${buildah[@]}" copy "$container" "$work/root" / >/dev/null
    "${buildah[@]}" commit --quiet --rm "$container" "$base" >/dev/null
fi

for target in bot engine; do
    say "building $target"
    "${buildah[@]}" build --quiet --format docker --layers --target "$target" \
        --build-arg PYTHON_IMAGE="$base" --tag "localhost/restyle-$target" "$@" "$here"
done
"${buildah[@]}" images --format '{{.Name}} {{.Size}}'

bot=$("${buildah[@]}" from localhost/restyle-bot)
engine=$("${buildah[@]}" from localhost/restyle-engine)
mkdir -p "$work/socket" "$work/data"
chown 10001:10001 "$work/socket" "$work/data"
shared=(--volume "$work/socket:/run/restyle")

say "the bot's image has no torch, and neither image runs as root"
"${buildah[@]}" run "$bot" -- python3 -c '
import importlib.util, os
assert importlib.util.find_spec("torch") is None and os.getuid() == 10001
import bot.client, storage.database'
"${buildah[@]}" run "$engine" -- python3 -c '
import os, torch, engine.families.loading
assert os.getuid() == 10001
print("torch", torch.__version__)'
"${buildah[@]}" run "$bot" -- restyle --version

say "one engine, one bot, one picture"
"${buildah[@]}" run "${shared[@]}" "$engine" -- \
    restyle engine &
serving=$!
trap 'kill "$serving" 2>/dev/null || true; wait "$serving" 2>/dev/null || true' EXIT
cp "$here"/bot/demo/photos/*.jpg "$work/data/"
first=$(cd "$work/data" && ls ./*.jpg | head -n 1)
"${buildah[@]}" run "${shared[@]}" --volume "$work/data:/data" "$bot" -- \
    restyle image "/data/$first" -o /data/result.png --prompt "an oil painting" --seed 7 --json
test -s "$work/data/result.png"

say "the database can be made where the volume is"
"${buildah[@]}" run "${shared[@]}" --volume "$work/data:/data" "$bot" -- restyle db upgrade
test -s "$work/data/restyle.db"
say "proved"
