#!/usr/bin/env bash
# Builds the images of both services and of the guest with no registry: below them a Java runtime cut from the JDK and the
# few files of Debian that it needs. Wants podman, a JDK of at least 25 and a Debian machine (apt-get download).
#   deploy/images/build.sh [--push REGISTRY | --kind | --minikube]
set -euo pipefail
cd "$(dirname "$0")/../.."
. .mvn/find-jdk.sh

usage() {
  echo "usage: deploy/images/build.sh [--push REGISTRY | --kind | --minikube]" >&2
  exit 2
}
deliver=none registry=
case ${1-} in
  '') [ $# -eq 0 ] || usage ;;
  --push) [ $# -eq 2 ] || usage; deliver=push registry=${2%/} ;;
  --kind | --minikube) [ $# -eq 1 ] || usage; deliver=${1#--} ;;
  *) usage ;;
esac
for program in podman $([[ $deliver = kind || $deliver = minikube ]] && echo "$deliver"); do
  command -v "$program" >/dev/null || { echo "build.sh: needs $program on PATH" >&2; exit 2; }
done
for built in gpu-service/target/quarkus-app/quarkus-run.jar video-service/target/quarkus-app/quarkus-run.jar cli/target/crossdev.jar; do
  [ -f "$built" ] || { echo "build.sh: $built is not there: run ./mvnw -DskipTests package first" >&2; exit 2; }
done

version=$(sed -n 's|^  <version>\(.*\)</version>$|\1|p' pom.xml)
# java.desktop writes the console's pictures, jdk.httpserver serves the guest's meters, jdk.jcmd is for whoever looks inside.
modules=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,jdk.httpserver,jdk.jcmd,jdk.jdwp.agent,jdk.jfr,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
packages=(libc6 libgcc-s1 libstdc++6 libudev1 zlib1g)

# The base is made again only when something in it would differ.
inputs=$(cat "$JAVA_HOME/release" "$0"; apt-cache policy "${packages[@]}" | sed -n 's/^  Candidate: //p')
base=localhost/crossdev/base:$(sha256sum <<<"$inputs" | cut -c1-16)
if ! podman image exists "$base"; then
  echo "build.sh: making $base" >&2
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/debs" "$work/root"/{etc,opt/java,run,tmp}
  chmod 1777 "$work/root/tmp"
  download() { (cd "$work/debs" && apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}" >&2); }
  download || { apt-get update -qq >&2 && download; } || {
    echo "build.sh: Debian's packages cannot be had: ${packages[*]}" >&2
    exit 1
  }
  for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
  # Of the documentation, the licences stay.
  find "$work/root/usr/share" -type f ! -name copyright -delete
  rm -rf "$work"/root/usr/lib/*/gconv "$work"/root/usr/lib/*/audit "$work/root/usr/share/lintian"
  echo 'crossdev:x:185:185:crossdev:/tmp:/sbin/nologin' >"$work/root/etc/passwd"
  echo 'crossdev:x:185:' >"$work/root/etc/group"
  echo 'hosts: files dns' >"$work/root/etc/nsswitch.conf"
  "$JAVA_HOME/bin/jlink" --add-modules "$modules" --no-header-files --no-man-pages --generate-cds-archive \
    --output "$work/root/opt/java/openjdk"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf "$work/root.tar" .
  podman import --quiet --change 'ENV JAVA_HOME=/opt/java/openjdk' --change 'ENV PATH=/opt/java/openjdk/bin' \
    "$work/root.tar" "$base" >&2
fi

image() { # NAME CONTEXT
  # With this name kind and minikube find it for `image: crossdev/NAME`.
  local name=docker.io/crossdev/$1:$version
  podman build --quiet --pull=never --timestamp 0 --build-arg "BASE=$base" --label "org.opencontainers.image.version=$version" --label "dev.crossdev.image=$1" \
    -f "deploy/images/$1.Containerfile" -t "$name" "$2" >/dev/null
  case $deliver in
    push) podman push --quiet "$name" "$registry/crossdev/$1:$version"; name=$registry/crossdev/$1:$version ;;
    kind | minikube)
      local archive
      archive=$(mktemp --suffix .tar)
      rm "$archive"
      podman save --quiet -o "$archive" "$name"
      if [ "$deliver" = kind ]; then kind load image-archive "$archive"; else minikube image load "$archive"; fi
      rm "$archive" ;;
  esac
  echo "$name"
}
image gpu-service gpu-service/target/quarkus-app
image video-service video-service/target/quarkus-app
image guest .
# What had these names before has none now, and no base but this one is below them.
podman images --format '{{.Repository}}:{{.Tag}}' localhost/crossdev/base | grep -vxF "$base" |
  xargs -r podman rmi >/dev/null 2>&1 || true
podman image prune --force --filter label=dev.crossdev.image >/dev/null
