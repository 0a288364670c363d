# husk: `make help` lists the targets.
#
# `make demo`, `make test` and its stages set up what they need by themselves, Go and Debian's packages included.
# `make` and `make install` install nothing but husk: run `make setup` before them on a fresh machine.

VERSION := $(shell cat VERSION)
# A source tarball holds a file COMMIT in git's place.
COMMIT  := $(shell cat COMMIT 2>/dev/null || git describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null)
PREFIX  ?= /usr/local
DESTDIR ?=
BINDIR  := $(DESTDIR)$(PREFIX)/bin
MANDIR  := $(DESTDIR)$(PREFIX)/share/man/man8
SHARE   := $(DESTDIR)$(PREFIX)/share

WITH_GO := contrib/setup/with-go
GO      := $(WITH_GO) go

# Static, so that one file runs on every distribution; not position independent, so that no start pays relocations.
PKG     := github.com/huskrun/husk
TAGS    := seccomp,netgo,osusergo,urfave_cli_no_docs
LDFLAGS := -s -w -linkmode external -extldflags '-static' \
	-X $(PKG)/commands.Version=$(VERSION) -X $(PKG)/commands.Commit=$(COMMIT) $(EXTRA_LDFLAGS)
BUILD   := $(GO) build -trimpath -ldflags "$(LDFLAGS)"

# -buildvcs=false: Go would ask git, which refuses in a tree of another user's; COMMIT says it anyway.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false -tags=$(TAGS))
export CGO_ENABLED := 1

STAGES := lint gotest fuzz package arm64 conformance bats bats-v2 clients soak

.DEFAULT_GOAL := all
.NOTPARALLEL:
.PHONY: all bench clean demo dist generate help install setup test uninstall $(STAGES) bin/husk bin/husk-arm64

all: bin/husk ## build bin/husk (the default)

bin/husk:
	@pkg-config --exists libseccomp || { echo "libseccomp is missing, to build with: run make setup" >&2; exit 1; }
	@mkdir -p $(@D)
	$(BUILD) -o $@ .

bin/husk-arm64:
	@mkdir -p $(@D)
	sysroot=$$(contrib/setup/arm64) && \
	GOARCH=arm64 CC=aarch64-linux-gnu-gcc PKG_CONFIG_SYSROOT_DIR=$$sysroot \
	PKG_CONFIG_LIBDIR=$$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig $(BUILD) -o $@ .

demo: setup-demo bin/husk ## build husk and show it at work on a busybox container
	contrib/demo/run

test: ## set up everything, run every stage below, sum up
	-@contrib/setup/apt build $(STAGES)
	@tests/run $(STAGES)

# The stages of the test. Each can be run by itself, and closes with a line of counts. RUNTIME= names another runtime
# for bats, conformance, clients and soak.

lint: setup-lint ## go vet, staticcheck, gofmt, go mod, shellcheck, shfmt, mandoc
	$(WITH_GO) tests/lint/run

gotest: setup-gotest ## the Go tests
	$(WITH_GO) tests/gotest/run

fuzz: setup-fuzz ## every fuzz target, FUZZTIME=30s each
	$(WITH_GO) tests/fuzz/run

package: setup-package bin/husk ## the binary's promises: static, small, reproducible, installable, relinkable
	$(WITH_GO) tests/package/run

arm64: setup-arm64 ## cross-build for arm64 and start it under an emulator
	$(WITH_GO) tests/arm64/run

conformance: setup-conformance bin/husk ## OCI's own conformance programs
	$(WITH_GO) tests/conformance/run

bats: setup-bats bin/husk ## the behaviour tests (VIEW=v1, v2 or host; TESTS=, FILTER=)
	$(WITH_GO) tests/bats/run

bats-v2: setup-bats bin/husk ## the behaviour tests where there is cgroup v2 only
	VIEW=v2 $(WITH_GO) tests/bats/run

clients: setup-clients bin/husk ## Podman, containerd, buildah and Docker over husk
	$(WITH_GO) tests/clients/run

soak: setup-soak bin/husk ## N=100 lives of containers, 8 at a time, and nothing left behind
	N=$${N:-100} $(WITH_GO) tests/soak/run

bench: setup-bench bin/husk ## compare husk with runc and crun (PEERS= for more of them)
	$(WITH_GO) contrib/bench/run

# Where the packages are installed already, this costs one query.
setup-%:
	@contrib/setup/apt build $*

generate: ## write the man pages and the completions anew from the commands
	$(GO) run ./contrib/gen

dist: setup-dist ## source and binary tarballs, with what the LGPL of the static libraries asks for
	VERSION=$(VERSION) COMMIT=$(COMMIT) $(WITH_GO) contrib/dist/run

install: ## install the binary, man pages and completions (PREFIX=/usr/local, DESTDIR=)
	@test -x bin/husk || { echo "bin/husk is not built yet: run make first" >&2; exit 1; }
	install -D -m 755 bin/husk $(BINDIR)/husk
	install -d $(MANDIR)
	install -m 644 man/*.8 $(MANDIR)
	install -D -m 644 contrib/completions/husk.bash $(SHARE)/bash-completion/completions/husk
	install -D -m 644 contrib/completions/_husk $(SHARE)/zsh/site-functions/_husk
	install -D -m 644 contrib/completions/husk.fish $(SHARE)/fish/vendor_completions.d/husk.fish

uninstall: ## remove what install has put there
	rm -f $(BINDIR)/husk $(MANDIR)/husk.8 $(MANDIR)/husk-*.8 $(SHARE)/bash-completion/completions/husk \
		$(SHARE)/zsh/site-functions/_husk $(SHARE)/fish/vendor_completions.d/husk.fish

setup: ## install what building, testing and measuring need (root, Debian; Go too)
	contrib/setup/apt build demo bench dist $(STAGES)
	$(GO) version

clean: ## remove what was built
	rm -rf bin build dist

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14
