# SPDX-License-Identifier: GPL-2.0-only
# Linux 7.2's own KVM on the software TDX module; see run.sh.
.PHONY: lab check-lab check-lab-debug

# A shell in it, with everything the tests have.
lab:
	@tests/deps.sh --lab
	@O=$(O) MAKE="$(MAKE)" bash tests/lab/suite.sh -i lab

check-lab:
	@tests/deps.sh --lab
	@O=$(O) MAKE="$(MAKE)" bash tests/lab/suite.sh lab

check-lab-debug:
	@tests/deps.sh --lab
	@O=$(O) MAKE="$(MAKE)" bash tests/lab/suite.sh debug
