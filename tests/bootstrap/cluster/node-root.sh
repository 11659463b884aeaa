#!/usr/bin/env bash
# Becomes the root directory of one node, inside the mount namespace it is started in: this machine's own files below an
# overlay of memory, with EMR's users, EMR's disks, and what stands in for the AWS CLI's credentials and for systemd.
# Prints a line when all is there, then stays until it is ended; commands are run beside it with nsenter.
#
# usage: node-root.sh DIRECTORY AWS-CLI-VENV SYSTEMCTL SHARED AWS-ENDPOINT
set -euo pipefail

directory=$1 venv=$2 systemctl=$3 shared=$4 endpoint=$5
root=$directory/root

mkdir -p "$directory"
mount -t tmpfs -o mode=755 tmpfs "$directory"
mkdir "$directory/upper" "$directory/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$directory/upper,workdir=$directory/work" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/mnt" "$root/mnt1" "$root$shared"
mount -t tmpfs -o size=1g tmpfs "$root/mnt"
mount -t tmpfs -o size=2g tmpfs "$root/mnt1"
mount --bind "$shared" "$root$shared" # the warehouse has the same path everywhere

# The CLI lies in an environment of Python's, which may be below somebody's home and must be open to everyone here.
if [ ! -d "$root$venv" ]; then
    mkdir -p "$root$venv"
fi
mount --bind "$venv" "$root$venv"
for start in "$venv" "$(readlink -f "$venv/bin/python")"; do
    while [ "$start" != / ]; do
        start=$(dirname "$start")
        chmod o+x "$root$start"
    done
done
cat >"$root/usr/bin/aws" <<SCRIPT
#!/bin/sh
export AWS_ENDPOINT_URL=$endpoint AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_EC2_METADATA_DISABLED=true
exec $venv/bin/python -m awscli "\$@"
SCRIPT
chmod 755 "$root/usr/bin/aws"
install -m 755 "$systemctl" "$root/usr/bin/systemctl"

mkdir -p "$root/etc/sudoers.d" "$root/mnt/var/lib/info" "$root/mnt/var/log"
chroot "$root" useradd --create-home --user-group hadoop
echo 'hadoop ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/hadoop"

echo ready
exec chroot "$root" sleep infinity
