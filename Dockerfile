# syntax=docker/dockerfile:1

# The binary. A C compiler is all that the build needs besides Rust (aws-lc, SQLite and mimalloc are compiled from source).
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin musubi \
 && cp target/release/musubi /musubi

# Garage, the S3-compatible store of docker-compose.yml, with a shell to read its secrets from files. Not part of Musubi.
FROM dxflrs/garage:v2.4.1 AS garage-release
FROM debian:bookworm-slim AS garage
COPY --from=garage-release /garage /usr/local/bin/garage
COPY deploy/compose/garage.sh /usr/local/bin/garage-with-secrets
USER 10002:10002
ENTRYPOINT ["garage-with-secrets"]

# What runs: Debian's C library, the public authorities for S3 stores outside, one binary, nobody's account.
FROM debian:bookworm-slim AS musubi
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 musubi \
 && useradd --system --uid 10001 --gid musubi --no-create-home --home-dir /var/lib/musubi musubi \
 && install --directory --owner musubi --group musubi --mode 0750 /var/lib/musubi
COPY --from=build /musubi /usr/local/bin/musubi
USER 10001:10001
WORKDIR /var/lib/musubi
EXPOSE 8443 2575 7443
STOPSIGNAL SIGTERM
ENTRYPOINT ["musubi"]
# musubi.toml is looked for in the working directory; what it names lies beside it.
CMD ["serve"]
# No HEALTHCHECK here: what ready means depends on the roles. The compose file asks /readyz on the console port.
