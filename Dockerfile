# One image: it serves, trains, processes and monitors. `make pins` looks the base up and
# writes its digest to docker/pins.env; nothing is built from a tag that may move.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    MPLCONFIGDIR=/tmp/matplotlib

WORKDIR /app

# The requirements change more rarely than the code, so they are a layer before it.
COPY requirements-image.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-image.txt

COPY pyproject.toml README.md LICENSE ./
COPY monitoring monitoring
COPY pipelines pipelines
COPY serving serving
# In place, so that `python -m`, `serve`, `train` and `monitor` run the same files.
RUN pip install --no-cache-dir --no-deps --no-index --no-build-isolation --editable . \
    && useradd --create-home --uid 1000 model \
    && mkdir -p /opt/ml /var/lib/serving \
    && chown model:model /opt/ml /var/lib/serving

USER 1000:1000
EXPOSE 8080

# On the port that is served on; SageMaker asks /ping itself.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "serving.health"]

# SageMaker runs `serve` or `train`; a plain host runs `python -m serving --host …` (compose.yml).
CMD ["serve"]
