# Two images from one file. `bot` has no torch and is small; `engine` holds torch and the weights.
# docs/install.md tells how they are built and run, deploy/prove-image.sh proves it without Docker.

ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
# "@sha256:…" pins the base to one picture of it; docs/install.md tells where to read it off.
ARG PYTHON_DIGEST=

FROM ${PYTHON_IMAGE}${PYTHON_DIGEST} AS base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/restyle/bin:$PATH
RUN groupadd --gid 10001 restyle \
    && useradd --uid 10001 --gid restyle --no-create-home --home-dir /data restyle \
    && install --directory --owner restyle --group restyle /data /run/restyle /weights

# What changes seldom comes first: torch, then the other packages, then the source.
FROM base AS builder
# pip stays out of what the images get: it installs from an environment of its own.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_PYTHON=/opt/restyle/bin/python3 \
    PATH=/opt/pip/bin:$PATH
WORKDIR /build
RUN python3 -m venv --without-pip /opt/restyle \
    && python3 -m venv /opt/pip

FROM builder AS bot-builder
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/*
# More extras of pyproject.toml, such as "ray s3" for docs/scaling.md; both images take them.
ARG EXTRAS=
COPY pyproject.toml constraints.txt ./
COPY deploy/requirements.py deploy/
# hadolint ignore=SC2086
RUN python3 deploy/requirements.py postgres monitoring ${EXTRAS} > wanted.txt \
    && pip install --no-compile --requirement wanted.txt --constraint constraints.txt
COPY . .
# hadolint ignore=DL3013
RUN pip install --no-compile --no-deps . \
    && /opt/restyle/bin/python3 deploy/slim.py /opt/restyle/lib/python3*/site-packages

FROM builder AS engine-builder
# Left empty, pip takes torch as its index has it: on Linux that is the build with CUDA. For a host
# without a GPU name PyTorch's own index of CPU builds.
ARG TORCH_INDEX=
# As in constraints.txt, which a test compares: no file of ours comes before this layer, so that
# only another version of torch downloads its gigabytes again.
ARG TORCH_VERSION=2.13.0
# hadolint ignore=SC2086,DL3013
RUN pip install ${TORCH_INDEX:+--index-url ${TORCH_INDEX}} "torch==${TORCH_VERSION}"
ARG EXTRAS=
COPY pyproject.toml constraints.txt ./
COPY deploy/requirements.py deploy/
# hadolint ignore=SC2086
RUN python3 deploy/requirements.py engine monitoring ${EXTRAS} > wanted.txt \
    && pip install --requirement wanted.txt --constraint constraints.txt
COPY . .
# hadolint ignore=DL3013
RUN pip install --no-deps .

FROM base AS engine
COPY --from=engine-builder /opt/restyle /opt/restyle
# Weights that are downloaded lie in a volume, so that a new image does not download them again.
ENV HF_HOME=/weights \
    RESTYLE_DATA_DIR=/weights \
    RESTYLE_ENGINE_PROFILE_DIR=/weights/profiles \
    RESTYLE_ENGINE_SOCKET=/run/restyle/engine.sock
USER 10001:10001
WORKDIR /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m \
    CMD ["test", "-S", "/run/restyle/engine.sock"]
ENTRYPOINT ["restyle"]
CMD ["engine"]

FROM base AS bot
COPY --from=bot-builder /opt/restyle /opt/restyle
ENV RESTYLE_DATA_DIR=/data \
    RESTYLE_ENGINE=socket \
    RESTYLE_ENGINE_SOCKET=/run/restyle/engine.sock \
    RESTYLE_LOG_FORMAT=json
USER 10001:10001
WORKDIR /data
HEALTHCHECK --interval=15s --timeout=5s --start-period=2m \
    CMD ["restyle", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["restyle"]
CMD ["run"]
