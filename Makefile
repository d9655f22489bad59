# Needs Go, nothing else. The race detector of `make test` needs a C compiler too, and is left out with a word where there is none.

GO ?= go
# The race detector works through cgo; the program itself is built without.
RACE = $(shell command -v "$$($(GO) env CC 2>/dev/null)" >/dev/null 2>&1 && echo -race)

.DEFAULT_GOAL := help
.PHONY: help demo build test bench soak bench-rivals lint go

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Crawl the demonstration sites on this machine, and export their reviews into cinecrawl-demo/
	./bin/cinecrawl demo

# Without the tables of debuggers, a third of its size. Stack traces do not need them.
build: go ## Build bin/cinecrawl, without cgo and without the tables of a debugger
	CGO_ENABLED=0 $(GO) build -ldflags "-s -w" -o bin/cinecrawl ./cmd/cinecrawl

test: go ## Run vet and all tests, with the race detector
	$(GO) vet ./...
	@$(if $(RACE),,echo "No C compiler here: testing without the race detector.")
	$(if $(RACE),CGO_ENABLED=1) $(GO) test $(RACE) -timeout 60m ./...

bench: go ## Run the benchmarks, beside Scrapy where it is installed
	$(GO) test -run '^$$' -bench . -benchmem -timeout 1h ./...

soak: go ## Crawl 200 sites with three workers that are killed, frozen and stopped (some minutes; needs PostgreSQL)
	CINECRAWL_SOAK=1 CINECRAWL_NEED_POSTGRES=1 $(GO) test -count 1 -timeout 90m -v -run '^TestFleet$$' ./cmd/cinecrawl

bench-rivals: go ## Score other extractors beside the reader, on the pages in DIR
	@[ -n "$(DIR)" ] || { echo "Say where the pages are: make bench-rivals DIR=pages/"; exit 1; }
	cd cmd/internal/rivals && CGO_ENABLED=0 $(GO) run . $(FLAGS) "$(abspath $(DIR))"

lint: go ## Check formatting, vet and staticcheck
	@unformatted=$$("$$($(GO) env GOROOT)/bin/gofmt" -l .); [ -z "$$unformatted" ] || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

go:
	@command -v $(GO) >/dev/null 2>&1 || { echo "Go is not installed. Get it from https://go.dev/dl/ (version 1.26 or later), then try again."; exit 1; }
