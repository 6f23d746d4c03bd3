# One image for everything: it serves the web by default; worker, scheduler and migrations are other commands.

FROM node:22-slim AS vendor
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY config/copy_vendor.sh config/
RUN config/copy_vendor.sh

FROM python:3.12-slim AS packages
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        fonts-dejavu-core libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home tributary \
    && install --directory --owner tributary /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
COPY --from=vendor /build/static/vendor static/vendor

ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 XDG_CACHE_HOME=/tmp \
    STATIC_ROOT=/app/.static DATA_DIR=/data
# Compiled once, here: the image is read-only when it runs. No server is asked for static files.
RUN python -m compileall -q . \
    && DATABASE_URL=postgres://none/none REDIS_URL=redis://none SECRET_KEY=none \
        python manage.py collectstatic --no-input --verbosity 0

USER tributary
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
    "--blocking-threads", "4", "--no-ws", "config.wsgi:application"]
