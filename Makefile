# GNU make reads GNUmakefile instead.
run demo test check bench soak format wheel sbom audit lock clean help:
	@echo "GNU make is needed: gmake $@" && exit 1
