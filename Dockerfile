# syntax=docker/dockerfile:1
# The daemon on Debian slim, as an ordinary user, with production dependencies only.
#
#   docker build -t tidemark .
#   docker run -v ./config:/etc/tidemark:ro -v tidemark-state:/var/lib/tidemark -v tidemark-logs:/var/log/tidemark tidemark
#
# For a private npm registry: --secret id=npmrc,src=$HOME/.npmrc

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No install scripts: the Node that a checkout gets from one of them is the image's own here.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run --silent build

FROM node:24-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# The optional dependencies are a database server for tests and tools for other platforms.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --ignore-scripts --omit=dev --omit=optional

FROM node:24-slim
LABEL org.opencontainers.image.title="Tidemark" \
      org.opencontainers.image.description="Periodic extraction from MySQL to S3" \
      org.opencontainers.image.licenses="MIT"

WORKDIR /opt/tidemark
COPY --from=dependencies /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE CHANGELOG.md ./
COPY deploy/healthcheck.js deploy/healthcheck.js
RUN mkdir -p /etc/tidemark/specs /etc/tidemark/transforms /var/lib/tidemark /var/log/tidemark \
 && chown node:node /var/lib/tidemark /var/log/tidemark \
 && ln -s /opt/tidemark/dist/main.js /usr/local/bin/tidemark

# The environment beats the config file: folders and port are the same in every container.
ENV NODE_ENV=production \
    TIDEMARK_CONFIG=/etc/tidemark/config.json \
    TIDEMARK_SPECS_DIR=/etc/tidemark/specs \
    TIDEMARK_TRANSFORMS_DIR=/etc/tidemark/transforms \
    TIDEMARK_STATE_DIR=/var/lib/tidemark \
    TIDEMARK_LOGS_DIR=/var/log/tidemark \
    TIDEMARK_HTTP__PORT=9464

# What threads have given up goes back to the system: see "Memory" in docs/operations.md.
ENV MALLOC_ARENA_MAX=4 \
    MALLOC_MMAP_THRESHOLD_=262144 \
    MALLOC_TRIM_THRESHOLD_=262144

WORKDIR /etc/tidemark
VOLUME ["/etc/tidemark/specs", "/var/lib/tidemark", "/var/log/tidemark"]
EXPOSE 9464
USER node

# Tidemark handles SIGTERM itself and starts no processes of its own, so it may be PID 1 without an init.
# Stop it with patience: docker stop --timeout 60 (shutdown_grace is 30 seconds).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "/opt/tidemark/deploy/healthcheck.js"]
ENTRYPOINT ["node", "/opt/tidemark/dist/main.js"]
CMD ["daemon"]
