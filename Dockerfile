# docs/operations.md says how it is run. BASE may be given with a digest.
ARG BASE=python:3.13.9-slim-trixie

FROM ${BASE} AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY manage.py ./
COPY bigtransit bigtransit
COPY dashboard dashboard
COPY storage storage
COPY templates templates
COPY static static
# The settings want a key; this one signs nothing and is kept nowhere.
RUN BIGTRANSIT_SECRET_KEY=for-this-one-command-that-signs-nothing \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /opt/venv/bin/python -m compileall -q .

FROM ${BASE}
RUN groupadd --system --gid 10001 bigtransit \
    && useradd --system --uid 10001 --gid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin bigtransit \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/bigtransit
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH="/opt/venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    BIGTRANSIT_HOST=0.0.0.0 \
    PORT=8000 \
    BIGTRANSIT_VAR=/var/lib/bigtransit
USER 10001:10001
VOLUME /var/lib/bigtransit
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["python", "manage.py"]
CMD ["run"]
