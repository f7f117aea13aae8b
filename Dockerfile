# Any Node 24 image on glibc will do; pin it by digest where builds must repeat.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY test/support/empty-package test/support/empty-package
RUN npm ci --ignore-scripts
COPY core core
COPY adapters adapters
COPY src src
COPY scripts scripts
COPY docs/guides docs/guides
COPY tsconfig.json ./
RUN npm run build
# `--omit=optional` too: optional peers would bring a compiler into the image.
RUN npm ci --ignore-scripts --omit=dev --omit=optional

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# A number, so that a cluster can verify that it is not root.
USER 10001:10001
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s --retries=3 CMD ["node", "dist/walletgate.js", "healthcheck"]
# The process itself is PID 1: it handles SIGTERM and finishes requests in flight.
CMD ["node", "--enable-source-maps", "dist/walletgate.js", "start"]
