# orchestratord: build, test, install.
#
#   make            build/orchestratord, build/orchestratorctl
#   make demo       a failover before your eyes, on three real servers
#   make test       everything: unit tests, then end-to-end tests
#   make check      the quick part of it
#   make lint       floors, format, static analysis
#   make bench      the figures
#   make sim        build/sim/sim, the simulator; make soak SECONDS=600 lets it run
#   make fuzz       the fuzzers, SECONDS=20 each (clang)
#   make mutants    breaks one rule after the other and shows who notices
#
# Objects live in build/release (what is shipped), build/asan (unit tests, with the
# address and undefined-behaviour sanitizers) and build/fuzz (clang, libFuzzer).

CC       ?= gcc
PREFIX   ?= /usr/local
VERSION  := 0.1.0

PKGS_proto  := libprotobuf-c libsodium
PKGS_daemon := $(PKGS_proto) libuv libmariadb libmicrohttpd jansson
PKGS_ctl    := $(PKGS_proto) libcurl jansson
PKGS_all    := $(sort $(PKGS_daemon) $(PKGS_ctl))

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings \
            -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -Wnull-dereference \
            -Wduplicated-cond -Wlogical-op -Wno-format-truncation
CFLAGS_common := -std=c11 -D_GNU_SOURCE -g $(WARNINGS) -fstack-protector-strong \
            -DORCHESTRATORD_VERSION='"$(VERSION)"' -I. -isystem build/gen -MD -MP \
            $(shell pkg-config --cflags $(PKGS_all) check 2>/dev/null)
CFLAGS_release := -O2 -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS_asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
                  -fno-omit-frame-pointer -w
CC_release     := $(CC)
CC_asan        := $(CC)
CC_fuzz        := clang
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
LDFLAGS_asan    := -fsanitize=address,undefined
LIBS_daemon := $(shell pkg-config --libs $(PKGS_daemon) 2>/dev/null) -lpthread
LIBS_ctl    := $(shell pkg-config --libs $(PKGS_ctl) 2>/dev/null)
LIBS_check  := $(shell pkg-config --libs check 2>/dev/null)

PROTOS   := $(wildcard proto/*.proto)
GEN_C    := $(PROTOS:%.proto=build/gen/%.pb-c.c)
GEN_H    := $(GEN_C:.c=.h)

# The floors, lowest first: a library may use those named before it.
FLOORS           := base proto consensus topology daemon
SRC_base         := $(wildcard base/*.c)
SRC_proto        := $(wildcard proto/*.c)
SRC_consensus    := $(wildcard consensus/*.c)
SRC_topology     := $(wildcard topology/*.c)
SRC_daemon       := $(filter-out daemon/main.c,$(wildcard daemon/*.c daemon/*/*.c))
SRC_ctl          := $(wildcard ctl/*.c)
BELOW_base       :=
BELOW_proto      := base
BELOW_consensus  := proto base
BELOW_topology   := proto base
BELOW_daemon     := topology consensus proto base

.PHONY: all demo test check unit e2e lint bench deps install clean format
all: build/orchestratord build/orchestratorctl

# ---- generated -----------------------------------------------------------
build/gen/%.pb-c.c build/gen/%.pb-c.h: %.proto
	@mkdir -p $(dir $@)
	@protoc-c --c_out=build/gen $<
.SECONDARY:

# ---- objects and libraries, once per mode ---------------------------------
define MODE
build/$(1)/%.o: %.c | $(GEN_H)
	@mkdir -p $$(dir $$@)
	@echo "  CC   $(1) $$<"
	@$(CC_$(1)) $(CFLAGS_common) $(CFLAGS_$(1)) -c $$< -o $$@
build/$(1)/gen/%.pb-c.o: build/gen/%.pb-c.c
	@mkdir -p $$(dir $$@)
	@$(CC_$(1)) $(CFLAGS_common) $(CFLAGS_$(1)) -Wno-error -w -c $$< -o $$@
endef
$(foreach mode,release asan fuzz,$(eval $(call MODE,$(mode))))

# $(1) mode, $(2) floor
define LIBRARY
build/$(1)/lib$(2).a: $(SRC_$(2):%.c=build/$(1)/%.o) $(if $(filter proto,$(2)),$(GEN_C:build/gen/%.c=build/$(1)/gen/%.o))
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach mode,release asan fuzz,$(foreach floor,$(FLOORS),$(eval $(call LIBRARY,$(mode),$(floor)))))

libs_of = $(patsubst %,build/$(1)/lib%.a,$(2) $(BELOW_$(2)))

build/orchestratord: build/release/daemon/main.o $(call libs_of,release,daemon)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS_release) -o $@ $^ $(LIBS_daemon)

build/orchestratorctl: $(SRC_ctl:%.c=build/release/%.o) build/release/libproto.a build/release/libbase.a
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS_release) -o $@ $^ $(LIBS_ctl)

# ---- unit tests: tests/unit/FLOOR/test_UNIT.c, a binary each ----------------
UNIT_TESTS :=
define UNIT
UNIT_$(1) := $(patsubst %.c,build/asan/%,$(wildcard tests/unit/$(1)/test_*.c))
UNIT_TESTS += $$(UNIT_$(1))
build/asan/tests/unit/$(1)/test_%: build/asan/tests/unit/$(1)/test_%.o build/asan/tests/unit/main.o $(call libs_of,asan,$(1))
	@echo "  LINK $$@"
	@$(CC) $(LDFLAGS_asan) -o $$@ $$^ $(LIBS_daemon) $(LIBS_check)
.PHONY: unit-$(1)
unit-$(1): $$(UNIT_$(1))
	@tests/unit/run $$^
endef
$(foreach floor,$(FLOORS),$(eval $(call UNIT,$(floor))))

UNIT_TESTS += build/asan/tests/stories/test_seeds
unit: $(UNIT_TESTS)
	@tests/unit/run $^

# ---- the simulator: production core, log and codec in virtual time ---------------
# Asserts are on. The store's code stands on tests/sim/sim_file_floor.c in place of disk_file.c.
SIM_UNDER := daemon/io/disk_log daemon/io/disk_log_open daemon/io/disk_slots daemon/io/disk_store \
             daemon/io/disk_work daemon/node/requests daemon/node/speakers daemon/node/wire
SIM_OWN   := $(patsubst %.c,%,$(wildcard tests/sim/*.c))
# $(1) mode
sim_parts = $(patsubst %,build/$(1)/%.o,$(SIM_OWN) $(SIM_UNDER)) $(patsubst %,build/$(1)/lib%.a,topology consensus proto base)

build/sim/sim: $(call sim_parts,release)
	@mkdir -p $(dir $@)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS_release) -o $@ $^ $(LIBS_daemon)
build/sim/sim-asan: $(call sim_parts,asan)
	@mkdir -p $(dir $@)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS_asan) -o $@ $^ $(LIBS_daemon)
# Stories: the same world, scripted; what is seen is compared to the byte.
build/sim/stories: $(patsubst %.c,build/asan/%.o,$(wildcard tests/stories/story*.c)) $(filter-out %/sim_main.o,$(call sim_parts,asan))
	@echo "  LINK $@"
	@mkdir -p $(dir $@)
	@$(CC) $(LDFLAGS_asan) -o $@ $^ $(LIBS_daemon)
# Many lives of the same world; run with the unit tests.
build/asan/tests/stories/test_seeds: build/asan/tests/stories/test_seeds.o build/asan/tests/unit/main.o $(filter-out %/sim_main.o,$(call sim_parts,asan))
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS_asan) -o $@ $^ $(LIBS_daemon) $(LIBS_check)
.PHONY: sim soak stories
stories: build/sim/stories
	@build/sim/stories $(wildcard tests/stories/*.story)
sim: build/sim/sim
soak: build/sim/sim
	@build/sim/sim --for $(if $(filter command line,$(origin SECONDS)),$(SECONDS),600)

# ---- fuzzers: tests/fuzz/fuzz_NAME.c, with libFuzzer, or over files -----------
FUZZERS     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAY := $(FUZZERS:%=build/asan/tests/fuzz/fuzz_%)
SECONDS     ?= 20
build/fuzz/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o build/fuzz/tests/fuzz/libfuzzer.o $(call libs_of,fuzz,daemon)
	@echo "  LINK $@"
	@clang -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS_daemon)
build/asan/tests/fuzz/fuzz_%: build/asan/tests/fuzz/fuzz_%.o build/asan/tests/fuzz/replay.o $(call libs_of,asan,daemon)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS_asan) -o $@ $^ $(LIBS_daemon)
build/asan/tests/fuzz/seeds: build/asan/tests/fuzz/seeds.o $(call libs_of,asan,daemon)
	@$(CC) $(LDFLAGS_asan) -o $@ $^ $(LIBS_daemon)
.PHONY: fuzz fuzz-replay fuzz-corpus mutants
fuzz:
	@packaging/install-deps fuzz
	@$(MAKE) --no-print-directory $(FUZZERS:%=build/fuzz/fuzz_%)
	@tests/fuzz/run $(SECONDS) $(FUZZERS)
fuzz-replay: $(FUZZ_REPLAY)
	@tests/fuzz/replay $^
# What fuzzing found, as few files as cover the same, and what a format begins with.
fuzz-corpus: build/asan/tests/fuzz/seeds $(FUZZERS:%=build/fuzz/fuzz_%)
	@tests/fuzz/merge $(FUZZERS)

mutants:
	@tests/mutants/run

# ---- tools for the tests ----------------------------------------------------
build/tests/%: tests/tools/%.c $(call libs_of,release,daemon)
	@mkdir -p $(dir $@)
	@echo "  LINK $@"
	@$(CC) $(CFLAGS_common) $(CFLAGS_release) $(LDFLAGS_release) -o $@ $(filter %.c %.a,$^) $(LIBS_daemon)
TOOLS := $(patsubst tests/tools/%.c,build/tests/%,$(wildcard tests/tools/*.c))

# ---- what people run ----------------------------------------------------------
deps:
	@packaging/install-deps

demo: deps
	@$(MAKE) --no-print-directory all $(TOOLS)
	@tests/demo/demo

test: deps
	@tests/run all
check: deps
	@tests/run quick
e2e: all $(TOOLS)
	@tests/run e2e

bench: all $(TOOLS)
	@tests/bench/run

lint:
	@tests/lint/run

format:
	@clang-format -i $(SRC_base) $(SRC_proto) $(SRC_consensus) $(SRC_topology) $(SRC_daemon) daemon/main.c $(SRC_ctl) \
	  $(wildcard base/*.h proto/*.h consensus/*.h topology/*.h daemon/*.h daemon/*/*.h ctl/*.h tests/unit/*/*.[ch] tests/unit/*.h tests/tools/*.c \
               tests/sim/*.[ch] tests/stories/*.[ch] tests/fuzz/*.[ch])

install: all
	install -D -m 755 build/orchestratord $(DESTDIR)$(PREFIX)/sbin/orchestratord
	install -D -m 755 build/orchestratorctl $(DESTDIR)$(PREFIX)/bin/orchestratorctl
	install -D -m 644 packaging/orchestratord.service $(DESTDIR)/lib/systemd/system/orchestratord.service
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/orchestratord packaging/mariadb.service.conf \
	  packaging/50-orchestratord.rules packaging/99-orchestratord.cnf packaging/orchestratord.conf.example

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
