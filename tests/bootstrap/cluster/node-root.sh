#!/usr/bin/env bash
# Becomes the first process of one node, inside the namespaces it is started in: this machine's own files below an overlay
# of memory, with EMR's users, EMR's disks, and what stands in for the AWS CLI's credentials. It ends up as INIT, which is
# `systemd`, or `sleep` with a stand-in for systemctl. Commands are run beside it with nsenter. Prints a line when all is
# there.
#
# usage: node-root.sh INIT DIRECTORY AWS-CLI-VENV SHARED AWS-ENDPOINT
set -euo pipefail

init=$1 directory=$2 venv=$3 shared=$4 endpoint=$5
here=$(cd "$(dirname "$0")" && pwd)
root=$directory/root

mkdir -p "$directory"
mount -t tmpfs -o mode=755 tmpfs "$directory"
mkdir "$directory/upper" "$directory/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$directory/upper,workdir=$directory/work" "$root"
for place in dev run mnt tmp mnt1; do
    mkdir -p "$root/$place"
    mount -t tmpfs -o mode=755 tmpfs "$root/$place"
done
mount -o remount,size=1g,mode=755 "$root/mnt"
mount -o remount,size=2g,mode=755 "$root/mnt1"
chmod 1777 "$root/tmp"
mount -t proc proc "$root/proc"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p "$root$shared"
mount --bind "$shared" "$root$shared" # the warehouse has the same path everywhere

# The CLI lies in an environment of Python's, which may be below somebody's home and must be open to everyone here.
mkdir -p "$root$venv"
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

mkdir -p "$root/etc/sudoers.d" "$root/mnt/var/lib/info" "$root/mnt/var/log"
chroot "$root" useradd --create-home --user-group hadoop
echo 'hadoop ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/hadoop"

if [ "$init" != systemd ]; then
    install -m 755 "$here/systemctl.py" "$root/usr/bin/systemctl"
    echo ready
    exec chroot "$root" sleep infinity
fi
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
printf '[Unit]\nDescription=A node on which nothing is installed yet\n' >"$root/etc/systemd/system/node.target"
echo ready
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" \
    /usr/lib/systemd/systemd --system --unit=node.target --log-target=null --show-status=0
