# SPDX-License-Identifier: BSL-1.0
import scepkit

with scepkit.Simulator(faults=["url-missing-mscep-dll"]) as ndes:  # or take your own URL
    diagnosis = scepkit.check(ndes.url)

cause = diagnosis.root_cause
print(diagnosis.verdict, cause.id)  # error url-missing-mscep-dll
print(cause.saw)
for step in cause.fix:
    print("-", step)
