#!/usr/bin/env bash
# EMR's bootstrap action: installs one version of Springald on the node it runs on, and starts the node's service. It
# fetches the package from S3 with the node's own AWS CLI, checks its SHA-256 before unpacking it, runs it once, and hands
# over to bootstrap/install.sh in the package. May be run again: what is there already stays. Waits for no other node.
# Anything wrong ends it non-zero with one line that starts with `error:`.
#
# usage: bootstrap_actions.sh s3://BUCKET/PREFIX/VERSION (--tls-secret ID | --insecure) [--warehouse URL]
#                             [--scheduler-host HOST] [--region REGION]
#   --tls-secret ID        name or ARN of the Secrets Manager secret that holds the cluster's certificates
#   --insecure             no certificates: whoever reaches the ports may use the cluster
#   --warehouse URL        serve Flight SQL: queries over the tables of this warehouse, which Glue knows
#   --scheduler-host HOST  where executors find the scheduler; default: what EMR's metadata says
#   --region REGION        AWS region; default: what EMR's metadata says
set -Eeuo pipefail

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
trap 'fail "line $LINENO: \`$BASH_COMMAND\` failed"' ERR

# EMR runs this as `hadoop`, who may become root without a password.
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "user $(id -un) may not use sudo without a password; run this as root or as hadoop"
    exec sudo -n bash "$0" "$@"
fi
PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
umask 022

url=${1:-}
[[ $url =~ ^s3://[a-z0-9.-]+(/[^/]+)*/[0-9][0-9A-Za-z.+-]*$ ]] ||
    fail "the first argument \`$url\` is not s3://BUCKET/PREFIX/VERSION, e.g. s3://artifacts/springald/0.1.0"
shift
version=${url##*/}
architecture=$(uname -m)
[[ $architecture =~ ^(x86_64|aarch64)$ ]] ||
    fail "there is no package for this node's architecture $architecture, only for x86_64 and aarch64 (Graviton)"
for tool in aws python3 tar zstd sha256sum systemctl; do
    command -v "$tool" >/dev/null || fail "$tool is missing on this node; EMR 7 (Amazon Linux 2023) has it"
done
package=springald-$version-$architecture-linux.tar.zst
installed=/opt/springald/$version
scratch=$(mktemp -d /mnt/springald-bootstrap.XXXXXX)
new=
trap 'rm -rf "$scratch" ${new:+"$new"}' EXIT

# fetch NAME: copies a file that lies beside the package; false when that fails, and then `why` says why.
fetch() {
    AWS_MAX_ATTEMPTS=2 timeout 120 aws --cli-connect-timeout 5 --cli-read-timeout 15 s3 cp --only-show-errors \
        "$url/$1" "$scratch/$1" >"$scratch/aws.log" 2>&1 && return
    why=$(grep -v '^[[:space:]]*$' "$scratch/aws.log" | tail -n 1) || why="no answer within 120 seconds"
    return 1
}

fetch "$package.sha256" || fail "fetch $url/$package.sha256: $why; is it published there, and may this node read it?"
sha256=$(cut -d ' ' -f 1 "$scratch/$package.sha256")
if [ "$sha256" != "$(cat "$installed/package.sha256" 2>/dev/null)" ]; then
    fetch "$package" || fail "fetch $url/$package: $why; is it published there, and may this node read it?"
    sha256sum --check --status <<<"$sha256  $scratch/$package" ||
        fail "the SHA-256 of $url/$package is not the one in $package.sha256; publish both files again"
    mkdir -p /opt/springald
    new=$(mktemp -d "/opt/springald/.$version.XXXXXX")
    tar --extract --zstd --no-same-owner --strip-components=1 --directory="$new" --file="$scratch/$package" 2>/dev/null ||
        fail "unpack $package: it is no package, or /opt is full; see \`df /opt\`"
    said=$("$new/bin/springald" --version 2>&1) || fail "springald from $package does not run here: ${said##*$'\n'}"
    [ "$said" = "springald $version" ] || fail "$url/$package holds \`$said\`, not version $version; publish it again"
    echo "$sha256" >"$new/package.sha256"
    chmod 755 "$new"
    rm -rf "$installed"
    mv --no-target-directory "$new" "$installed"
fi

# Amazon's authorities for RDS, put beside the package by whoever publishes it; not every cluster reads from RDS.
if fetch rds-bundle.pem; then
    install -D -m 644 "$scratch/rds-bundle.pem" /etc/springald/rds-bundle.pem
else
    echo "no $url/rds-bundle.pem ($why)"
fi
"$installed/bootstrap/install.sh" "$@" || exit 1
echo "springald $version is installed on this node"
