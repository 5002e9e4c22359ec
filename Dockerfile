# One image for all roles: `docker run IMAGE web`, node, worker, composer, setup, or serve for all of them.
# docs/containers.md says how to run it.

FROM node:22-bookworm-slim AS client
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY static ./static
COPY sdk/js ./sdk/js
RUN npm run build

FROM python:3.11-slim-bookworm AS installed
WORKDIR /opt/meet
COPY requirements.txt ./
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

# The packet path in C (docs/operator.md); what makes it stays behind.
FROM installed AS compiled
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY requirements-compile.txt ./
RUN .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --target /opt/tools \
    -r requirements-compile.txt
COPY scripts/compile_packet_path.py ./scripts/
COPY media ./media
RUN PYTHONPATH=/opt/tools .venv/bin/python -m scripts.compile_packet_path

FROM installed AS packages
COPY --from=client /src/static/dist ./static/dist
RUN .venv/bin/python -m whitenoise.compress --quiet static/dist \
    && .venv/bin/python -m pip uninstall --quiet --yes pip setuptools

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin meet \
    && install --directory --owner=meet --mode=0700 /data
WORKDIR /opt/meet
COPY --from=packages /opt/meet/.venv ./.venv
COPY --from=packages /opt/meet/static/dist ./static/dist
COPY --from=compiled /opt/meet/.compiled ./.compiled
COPY manage.py LICENSE ./
COPY locale ./locale
COPY templates ./templates
COPY media ./media
COPY meet ./meet
COPY recording ./recording
COPY rooms ./rooms
COPY stats ./stats
ENV MEET_ENV=production \
    MEET_DATA_DIR=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
# Nothing else is written to; /tmp may be in memory.
VOLUME ["/data"]
EXPOSE 8000/tcp 8001/tcp 40000/udp 40000/tcp
# Of web and of serve; other roles say theirs: `manage.py ready node`.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["/opt/meet/.venv/bin/python", "manage.py", "ready", "web"]
ENTRYPOINT ["/opt/meet/.venv/bin/python", "manage.py"]
CMD ["serve"]
