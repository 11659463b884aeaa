#!/usr/bin/env bash
# Sets this node up with the package it lies in, as root: system user, links, settings, directories, units; then starts
# the services of the node's role. May be run again: services whose files have not changed go on undisturbed.
# Called by bootstrap_actions.sh, whose options it takes.
set -Eeuo pipefail

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
trap 'fail "install.sh, line $LINENO: \`$BASH_COMMAND\` failed"' ERR

package=$(cd "$(dirname "$0")/.." && pwd)
staged=$(mktemp -d /mnt/springald-install.XXXXXX)
trap 'rm -rf "$staged"' EXIT
changed=

# put MODE FROM TO: installs a file, and notes whether it is another one than before.
put() {
    cmp -s "$2" "$3" || changed=yes
    install -D -m "$1" "$2" "$3"
}

# What this node is, and the settings that follow from it; says why it cannot be told.
decided=$(python3 -B "$package/bootstrap/node" --to "$staged" "$@") || exit 1
read -r role region work_dir tls_secret <<<"$decided"

getent passwd springald >/dev/null ||
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /sbin/nologin springald
[ "$(readlink /opt/springald/current)" = "$package" ] || changed=yes
ln -sfn "$package" /opt/springald/current
ln -sf /opt/springald/current/bin/springald{,-step} /usr/local/bin/

put 600 "$staged/environment" /etc/springald/environment
put 644 "$staged/job.environment" /etc/springald/job.environment
put 644 "$package/logrotate.conf" /etc/logrotate.d/springald
if [ "$tls_secret" != - ]; then
    install -m 600 /dev/null "$staged/tls"
    aws --region "$region" --cli-connect-timeout 5 --cli-read-timeout 10 secretsmanager get-secret-value \
        --secret-id "$tls_secret" --query SecretString --output text >"$staged/tls" 2>"$staged/aws.log" ||
        fail "read secret $tls_secret: $(grep -v '^ *$' "$staged/aws.log" | tail -n 1); create it in $region, or grant this node secretsmanager:GetSecretValue"
    said=$("$package/bin/springald" tls check --tls-bundle "$staged/tls" 2>&1) ||
        fail "secret $tls_secret: ${said##*"$staged/tls\`: "}"
    put 640 "$staged/tls" /etc/springald/tls-bundle.pem
    chown springald:hadoop /etc/springald/tls-bundle.pem # services run as the one, jobs as the other
fi

install -d -m 755 /mnt/var/log/springald # systemd opens the logs; EMR copies what is here to the cluster's log URI
if [ "$role" = primary ]; then
    services=(springald-scheduler.service)
    install -d -m 755 /emr/metricscollector
    touch /emr/metricscollector/isbusy
    chmod 666 /emr/metricscollector/isbusy # jobs run as hadoop and touch it, so that the cluster does not count as idle
else
    services=(springald-executor.service springald-spot.service)
    install -d -m 700 -o springald -g springald "$work_dir"
    put 644 "$staged/node.conf" /etc/systemd/system/springald-executor.service.d/node.conf
fi
for service in "${services[@]}"; do
    put 644 "$package/systemd/$service" "/etc/systemd/system/$service"
done

systemctl daemon-reload
systemctl enable --quiet "${services[@]}"
if [ -n "$changed" ]; then
    systemctl restart "${services[@]}"
else
    systemctl start "${services[@]}"
fi
systemctl is-active --quiet "${services[0]}" ||
    fail "${services[0]} does not run; see /mnt/var/log/springald and \`systemctl status ${services[0]}\`"
