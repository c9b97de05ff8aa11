#!/bin/sh
# Makes prometheus-rule.yaml from crossdev.rules.yml: the same rules, as the Prometheus operator takes them.
set -eu
cd "$(dirname "$0")"
{
  cat <<'HEAD'
# Made by refresh.sh from crossdev.rules.yml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: crossdev
spec:
HEAD
  sed -n '/^groups:/,$p' crossdev.rules.yml | sed 's/^\(.\)/  \1/'
} >prometheus-rule.yaml
