#!/usr/bin/env bash
# Requests a path from the service in this container. Fails unless the response has the expected status. Prints the
# response, so that `docker inspect` shows which dependency is missing. Uses bash alone, because starting Node for each
# check would use more CPU than an idle service.
#   check-health.sh PATH [PORT] [STATUS]    by default $OPERATIONS_PORT and 200
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${2:-$OPERATIONS_PORT}"
printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
IFS= read -r -d '' -t 4 response <&3 || true # it fails at the end of the response
echo "$response"
[[ $response == "HTTP/1.1 ${3:-200} "* ]]
