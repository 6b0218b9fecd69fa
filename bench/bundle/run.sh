#!/usr/bin/env bash
# Runs the WebGPU tests and benches on this Linux machine's GPU. Needs no network, no Node and nothing installed but the GPU's
# Vulkan driver. `bash run.sh --help` names the flags. Results go to the folder of --out, else to $OUT, as JSON lines.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The unpacker of this machine, else the one that came along.
unpack() {
  if command -v xz >/dev/null; then
    xz -dc "$1"
  else
    LD_LIBRARY_PATH="$here/lib" "$work/xz" -dc "$1"
  fi
}

cp "$here/main.mjs" "$here/xz" "$work"
chmod +x "$work/xz"
unpack "$here/node.xz" >"$work/node"
chmod +x "$work/node"
mkdir "$work/node_modules"
cp -r "$here/webgpu" "$work/node_modules"
for dawn in "$work"/node_modules/webgpu/dist/*/dawn.node.xz; do
  unpack "$dawn" >"${dawn%.xz}"
done

# The Vulkan loader of this machine, else the one that came along.
loaders=(/usr/lib/x86_64-linux-gnu/libvulkan.so.1 /lib/x86_64-linux-gnu/libvulkan.so.1 /usr/lib64/libvulkan.so.1 /usr/lib/libvulkan.so.1)
found=
for loader in "${loaders[@]}"; do
  [ ! -e "$loader" ] || found=$loader
done
if [ -z "$found" ]; then
  export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib"
fi

# Where drivers in containers lie that the loader does not look for.
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]; then
  known=(/etc/vulkan/icd.d/*.json /usr/share/vulkan/icd.d/*.json /usr/local/share/vulkan/icd.d/*.json)
  if ! [[ "${known[*]}" =~ nvidia ]]; then
    for driver in /usr/local/nvidia/share/vulkan/icd.d/*.json; do
      [ ! -e "$driver" ] || export VK_DRIVER_FILES="$driver"
    done
  fi
fi

BENCH_COMMIT=$(cat "$here/commit")
export BENCH_COMMIT
"$work/node" "$work/main.mjs" "$@"
