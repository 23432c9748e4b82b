# One image for every process of a region: the node, and the tools to set up and inspect it. Node runs TypeScript as it is,
# so there is no build step. Type stripping refuses sources below node_modules, so the workspace's packages stay links.

FROM node:24-bookworm-slim AS install
RUN npm install --global pnpm@12
WORKDIR /hefu
COPY package.json pnpm-workspace.yaml pnpm-lock.yaml ./
COPY packages packages
COPY services services
COPY bench bench
RUN pnpm install --prod --frozen-lockfile

FROM node:24-bookworm-slim
# /config is where a new volume takes its owner from.
RUN mkdir /config && chown node:node /config
WORKDIR /hefu
COPY --from=install /hefu /hefu
COPY migrations migrations
COPY openapi openapi
# Loads everything, ends for want of settings, and leaves behind what it has compiled: a start takes half the processor time.
RUN node services/node/src/main.ts 2>/dev/null; test -d node_modules/.cache/node
USER node
# The local API and the exchange API: two listeners that share no route.
EXPOSE 8080 8090
STOPSIGNAL SIGTERM
CMD ["node", "services/node/src/main.ts"]
