# sluice without a shell, as a user without rights: docker build -t sluice . && docker run --rm -v "$PWD:/work" sluice job.ini
FROM denoland/deno:2.9.6 AS build
WORKDIR /src
COPY . .
RUN deno task bundle

FROM denoland/deno:distroless-2.9.6
COPY --from=build /src/dist/npm /sluice
WORKDIR /work
# The one folder that Deno writes to; its default belongs to root.
ENV DENO_DIR=/tmp/deno
USER nonroot
ENTRYPOINT ["/bin/deno", "run", "-A", "--no-config", "--cached-only", "/sluice/main.js"]
