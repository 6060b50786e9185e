# SPDX-License-Identifier: GPL-2.0-or-later
#
# New files are found by wildcard: lib/X/*.c makes libX, src/P/*.c makes the
# program P (src/common/*.c is linked into all of them), tests/unit/T.c and
# tests/kuser/T.c make a test each, xtables/lib*.c an extension each.
# Variables to override: PREFIX DESTDIR KVER KDIR DKMS CC CFLAGS LDFLAGS; V=1 shows the commands.

VERSION	:= $(shell cat VERSION)
PREFIX	?= /usr/local
# What is installed is for the running kernel, if its headers are here; what is tested, for the newest: virtual machines boot that.
RUNNING	:= $(if $(filter install uninstall dkms-install dkms-uninstall,$(MAKECMDGOALS)),\
	   $(patsubst /lib/modules/%/build,%,$(wildcard /lib/modules/$(shell uname -r)/build)))
NEWEST	:= $(patsubst /lib/modules/%/build,%,$(lastword $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V)))
KVER	?= $(or $(strip $(RUNNING)),$(NEWEST))
KDIR	?= /lib/modules/$(KVER)/build

B	:= build
Q	:= $(if $(V),,@)
say	 = @$(if $(V),:,echo '  $(1)	$(patsubst $(B)/%,%,$@)')
PKGS	:= libnetfilter_queue libnetfilter_conntrack libnfnetlink libmnl libevent_core libconfuse jansson \
	   libcrypto libcap-ng libseccomp
PKG_CONFIG ?= pkg-config
SYSTEMD	:= $(shell $(PKG_CONFIG) --exists libsystemd 2>/dev/null && echo libsystemd)
CMOCKA	:= cmocka

CFLAGS	?= -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
LDFLAGS	?= -Wl,-z,relro,-z,now
WARN	:= -Wall -Wextra -Werror
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) -fPIC -D_GNU_SOURCE -DSHIM6_VERSION='"$(VERSION)"' \
	     $(if $(SYSTEMD),-DHAVE_SYSTEMD) -Iinclude -Ilib $(SRC_INC) $(PKG_CFLAGS) -MMD -MP
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) $(SYSTEMD) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS) $(SYSTEMD) 2>/dev/null)

ifneq ($(shell $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && echo yes),yes)
$(warning some of these libraries are missing: $(PKGS). Run: scripts/packages --install)
endif

# Unit tests are built with the sanitizers, in a tree of objects of their own.
SANITIZE ?= -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: all programs libs xtables modules check check-unit check-xt check-vm check-fresh check-debug check-kernels \
	demo bench bench-failover install uninstall dkms-install dkms-uninstall style vectors conformance clean unit-tests
.PHONY: bench-crypto bench-profile fuzz
.DELETE_ON_ERROR:
.SECONDARY:

all: libs programs xtables modules

# --- libraries and programs ---------------------------------------------------

LIBS	 := $(patsubst lib/%/,%,$(sort $(dir $(wildcard lib/*/*.c))))
COMMON	 := $(wildcard src/common/*.c)
PROGRAMS := $(filter-out common,$(patsubst src/%/,%,$(sort $(dir $(wildcard src/*/*.c)))))
LIB_A	 := $(if $(COMMON),$(B)/libcommon.a) $(LIBS:%=$(B)/lib%.a)
LIB_SO	 := $(if $(filter hal,$(LIBS)),$(B)/libhal.so.1)
objects	  = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))

libs: $(LIB_A) $(LIB_SO)
programs: $(PROGRAMS:%=$(B)/bin/%)

$(B)/src/%.o $(B)/san/src/%.o: SRC_INC := -Isrc
$(B)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

define lib_rule
$(B)/lib$(1).a: $(call objects,$(2)/$(1))
	$$(call say,AR)
	$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
$(B)/san/lib$(1).a: $(patsubst $(B)/%,$(B)/san/%,$(call objects,$(2)/$(1)))
	$$(call say,AR)
	$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call lib_rule,$(l),lib)))
$(if $(COMMON),$(eval $(call lib_rule,common,src)))

# For other daemons (HIP) that want the platform without the protocol.
$(B)/libhal.so.1: $(call objects,lib/hal)
	$(call say,LD)
	$(Q)$(CC) -shared -Wl,-soname,libhal.so.1 -Wl,--as-needed -Wl,--no-undefined $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

define program_rule
$(B)/bin/$(1): $(call objects,src/$(1)) $(LIB_A)
	@mkdir -p $$(@D)
	$$(call say,LD)
	$(Q)$$(CC) $$(LDFLAGS) -Wl,--as-needed -o $$@ $(call objects,src/$(1)) \
		-Wl,--start-group $$(LIB_A) -Wl,--end-group $$(PKG_LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# --- ip6tables extensions and kernel modules ----------------------------------

XT_CFLAGS = $(shell $(PKG_CONFIG) --cflags xtables)
XT_SHARED := $(patsubst %.c,$(B)/%.o,$(filter-out xtables/lib%,$(wildcard xtables/*.c)))
XT_SO	:= $(patsubst %.c,$(B)/%.so,$(wildcard xtables/lib*.c))

xtables: $(XT_SO) $(B)/man/ip6tables-shim6.8
# The same fragments that go into iptables-extensions(8), as a page of our own.
$(B)/man/%: docs/man/%.in $(wildcard xtables/*.man)
	@mkdir -p $(@D)
	$(Q)sed $(foreach f,$(notdir $(wildcard xtables/*.man)),-e '/^@$(f)@$$/{r xtables/$(f)' -e 'd}') $< >$@
$(B)/xtables/%.so: xtables/%.c $(XT_SHARED) Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) $(XT_CFLAGS) -MF $@.d -MT $@ -shared -o $@ $< $(XT_SHARED)

modules:
	@test -n "$(KVER)" || { echo "no kernel headers in /lib/modules: run scripts/packages --install" >&2; exit 1; }
	$(MAKE) -C kmod KDIR=$(KDIR) KVER=$(KVER)

# What depmod would say if the modules were installed here.
INDEX	:= $(B)/modules-index/lib/modules/$(KVER)
.PHONY: index installed staged
index: $(INDEX)/modules.dep.bin
$(INDEX)/modules.dep.bin: $(wildcard kmod/*.ko)
	@mkdir -p $(@D)/updates
	@ln -sfn $(CURDIR)/kmod $(@D)/updates/shim6
	@ln -sfn /lib/modules/$(KVER)/kernel $(@D)/kernel
	@cp /lib/modules/$(KVER)/modules.order /lib/modules/$(KVER)/modules.builtin* $(@D)/
	depmod -b $(B)/modules-index $(KVER)

# What make install gives an administrator, for the virtual machines: to install takes 150 programs and depmod, a minute in
# there. See tests/vm/install.
staged: all
	@$(MAKE) --no-print-directory -s installed
installed: index
	@rm -rf $(B)/installed $(B)/installed.new
	@DESTDIR=$(CURDIR)/$(B)/installed.new scripts/install install "$(VERSION)" /usr/local "$(KVER)" "$(KDIR)" no >/dev/null
	@cp $(INDEX)/modules.* $(B)/installed.new/lib/modules/$(KVER)/
	@mv $(B)/installed.new $(B)/installed

# --- unit tests ---------------------------------------------------------------

TESTS	:= $(patsubst %.c,$(B)/%,$(wildcard $(addprefix tests/,unit/*.c kuser/*.c vectors/*.c sim/*.c tools/*.c fuzz/*.c)))
SAN_A	:= $(patsubst $(B)/%,$(B)/san/%,$(LIB_A))
CMOCKA_FLAGS = $(shell $(PKG_CONFIG) --cflags --libs $(CMOCKA))

unit-tests: $(TESTS) $(B)/bin/shim6ctl $(patsubst %,$(B)/tests/keys/%.pem,A B other)
# For scenes: six thousand million instructions each.
$(B)/tests/keys/%.pem: | $(B)/bin/shim6ctl
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(B)/bin/shim6ctl addr key --new $@ >/dev/null

$(B)/san/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -c -o $@ $<
$(B)/tests/%: tests/%.c $(SAN_A) Makefile
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -MF $@.d -MT $@ -I. -Isrc -Ikmod -Itests -DTEST_SOURCE_DIR='"$(CURDIR)"' $(LDFLAGS) \
		-Wl,--as-needed -o $@ $< -Wl,--start-group $(SAN_A) -Wl,--end-group $(PKG_LIBS) $(CMOCKA_FLAGS)
# Scenes start it thousands of times; the leak checker alone would take a third of their instructions.
$(B)/tests/tools/debug-port: tests/tools/debug-port.c Makefile
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(ALL_CFLAGS) -MF $@.d -MT $@ $(LDFLAGS) -o $@ $<

# --- checks -------------------------------------------------------------------

check: staged unit-tests
	tests/check unit style install xt kmod peers scenes fuzz debug kernels conformance
check-unit: unit-tests
	tests/check unit
check-xt: xtables modules
	tests/check xt
check-vm: staged unit-tests
	tests/check kmod peers scenes
check-fresh:
	scripts/check-fresh
# Known answers: every case of the JSON files, through the functions that the daemons use.
FILES	?= tests/vectors/*.json
vectors: $(B)/tests/vectors/vectors
	$(B)/tests/vectors/vectors $(FILES)
# The module tests on a kernel that watches itself, and on the other kernels; both make theirs once, see the scripts.
# A short form of each is part of check.
check-debug: xtables
	tests/debug/run
check-kernels: xtables
	tests/kernels/run
	tests/kernels/dkms
style:
	tests/style
# What the tests that ran last show of the RFCs; writes docs/CONFORMANCE.md.
conformance:
	tests/conformance/report.py --write

demo: staged $(B)/tests/tools/debug-port
	tests/demo/run
# The machine's clock counts instructions, so that a busy host changes nothing.
bench: staged $(B)/bench/dataplane
	scripts/vm --count --memory 4096 --name bench --timeout 3600 -- tests/bench/dataplane.sh
	tests/bench/dataplane.py
$(B)/bench/dataplane: tests/bench/dataplane.c include/uapi/shim6_nl.h Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) -MF $(B)/bench/dataplane.d -o $@ $< -lmnl
# Where the instructions go, by function; CASES "rules-nft/ulids-plain/udp ..." shows these differences only.
profile = $(B)/bench/profile
bench-profile: staged $(B)/bench/dataplane $(B)/bench/profile.so
	@mkdir -p $(profile)
	scripts/vm --count --memory 4096 --name profile --timeout 3600 --out $(profile) \
		--plugin $(CURDIR)/$(B)/bench/profile.so,out=$(CURDIR)/$(profile)/profile -- \
		env STATES=1 TRACKED=0 sh -c 'tests/bench/dataplane.sh 1 1 && cat /proc/kallsyms >build/out/kallsyms'
	tests/bench/profile.py $(profile) $(CASES)
$(B)/bench/profile.so: tests/bench/profile.c Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared -o $@ $<
# Needs no machine of its own; SECONDS for each of five rounds of a figure.
bench-crypto: $(B)/bench/crypto
	tests/bench/crypto.sh $(SECONDS)
$(B)/bench/crypto: tests/bench/crypto.c $(LIB_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MF $@.d -MT $@ $(LDFLAGS) -o $@ $< -Wl,--start-group $(LIB_A) -Wl,--end-group $(PKG_LIBS)
# SECONDS for each target.
fuzz:
	tests/fuzz/run $(SECONDS)
bench-failover: staged $(B)/tests/tools/debug-port $(B)/tests/unit/proto_reap_fast_sim $(B)/tests/unit/reapd_pace
	scripts/vm --count --skip-idle --timeout 7200 -- env ROWS="$(ROWS)" REPS="$(REPS)" PEERS="$(PEERS)" tests/vm/run failover
	tests/bench/failover.py

# --- installation -------------------------------------------------------------

install dkms-install uninstall dkms-uninstall: export DESTDIR := $(DESTDIR)
install: libs programs xtables
	scripts/install install "$(VERSION)" "$(PREFIX)" "$(KVER)" "$(KDIR)" "$(DKMS)"
dkms-install:
	scripts/install dkms-install "$(VERSION)" "$(PREFIX)" "$(KVER)" "$(KDIR)" yes
dkms-uninstall:
	scripts/install dkms-uninstall "$(VERSION)" "$(PREFIX)" "$(KVER)" "$(KDIR)" yes
uninstall:
	scripts/install uninstall "$(VERSION)" "$(PREFIX)" "$(KVER)" "$(KDIR)" "$(DKMS)"

clean:
	rm -rf $(filter-out $(B)/vm $(B)/fresh $(B)/out,$(wildcard $(B)/*))
	@test ! -e kmod/Makefile || test ! -d "$(KDIR)" || $(MAKE) -C kmod KDIR=$(KDIR) clean

-include $(shell find $(B) \( -path $(B)/fresh -o -path $(B)/vm -o -path $(B)/out \) -prune -o -type f -name '*.d' -print 2>/dev/null)
