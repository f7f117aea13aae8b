# The node that builds is the node that serves. Pin both bases by digest where builds must repeat: docs/guides/deploying.md.
ARG NODE_IMAGE=docker.io/library/node:24-trixie-slim
# What node needs beneath it: glibc, libstdc++ and CA certificates. No shell, no package manager: nothing else to exploit or to patch.
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian13:nonroot

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

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY test/support/empty-package test/support/empty-package
COPY scripts scripts
# `--omit=optional` too: optional peers would bring a compiler into the image.
RUN npm ci --ignore-scripts --omit=dev --omit=optional && node scripts/prune-modules.mjs node_modules

FROM ${RUNTIME_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787
WORKDIR /app
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=dependencies /app/package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# A number, so that a cluster can verify that it is not root.
USER 10001:10001
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s --retries=3 CMD ["/usr/local/bin/node", "dist/walletgate.js", "healthcheck"]
# The process itself is PID 1: it handles SIGTERM, finishes requests in flight, and starts no processes that need reaping.
ENTRYPOINT ["/usr/local/bin/node", "--enable-source-maps", "dist/walletgate.js"]
CMD ["start"]
