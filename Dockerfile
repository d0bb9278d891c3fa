# The image of every process: servers and workers differ in their command only.
# No engine ran this file where it was written; its steps were run one by one in an empty directory.

FROM node:22-bookworm-slim AS web
WORKDIR /source/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund --no-update-notifier
COPY web ./
RUN npm run build

FROM python:3.12-slim-bookworm AS build
WORKDIR /source
RUN python -m venv /opt/mojodex
COPY requirements.txt ./
RUN /opt/mojodex/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml hatch_build.py README.md ./
COPY src ./src
COPY --from=web /source/web/dist ./web/dist
RUN /opt/mojodex/bin/pip install --no-cache-dir --no-deps . \
 && /opt/mojodex/bin/python -m compileall -q /opt/mojodex

FROM python:3.12-slim-bookworm
RUN useradd --uid 1000 --create-home mojodex \
 && install --directory --owner mojodex --mode 0700 /data
COPY --from=build /opt/mojodex /opt/mojodex
USER mojodex
WORKDIR /data
ENV PATH=/opt/mojodex/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MOJODEX_HOST=0.0.0.0 \
    MOJODEX_PORT=5001 \
    MOJODEX_DATA_DIR=/data
VOLUME /data
EXPOSE 5001
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:5001/readyz', timeout=8)"]
# Servers end within 5 s of SIGTERM, workers give their answers 5 s and return the others.
STOPSIGNAL SIGTERM
CMD ["mojodex", "serve"]
