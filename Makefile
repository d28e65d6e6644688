# Shortcuts for the npm scripts of package.json, and for those who think in make.
.DEFAULT_GOAL := help
.PHONY: help dev test lint type-check format check ci build demo bench migrate db-shell logs clean

node_modules: package-lock.json
	npm ci
	@touch node_modules

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16

dev: node_modules ## The service with hot reload
	npm run dev

test: node_modules ## All tests, on a database of their own
	npm test

lint: node_modules ## Lint
	npm run lint

type-check: node_modules ## Types
	npm run type-check

format: node_modules ## Format all files
	npm run format

check: node_modules ## Format, lint, types, unit tests: before every commit
	npm run check

ci: ## All that CI does
	.ci/run

build: node_modules ## The service into dist/
	npm run build

demo: node_modules ## Real webhooks and mixed traffic, explained on the terminal
	npm run demo

bench: node_modules ## Against graphile-worker, pg-boss, BullMQ and hand-written SQL
	npm run bench

migrate: node_modules ## Bring the schema of DATABASE_URL (or of the embedded PostgreSQL) up to date
	npm run migrate

db-shell: ## psql on DATABASE_URL, or on the embedded PostgreSQL while the service runs
	@command -v psql >/dev/null || { echo 'psql is missing: install the PostgreSQL client (apt-get install postgresql-client).'; exit 1; }
	@psql "$${DATABASE_URL:-$$(cat .reflex/postgres/url)}"

logs: ## Follow the logs of docker compose
	docker compose logs --follow --tail=100

clean: ## Remove what was built; the data in .reflex stays
	rm -rf dist coverage node_modules/.cache
