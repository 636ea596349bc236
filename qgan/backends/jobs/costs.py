"""What circuits take on an IBM Quantum computer, by a published formula: an estimate."""

__all__ = ["CLOCK", "EXECUTIONS_IN_A_JOB", "FORMULA", "SOURCE", "Cost", "circuits_in_a_job", "jobs_for", "qpu_seconds"]

from typing import NamedTuple, final

from qgan.errors import ConfigError

# Circuits times shots in one job of the Sampler, at the most.
EXECUTIONS_IN_A_JOB = 10_000_000
SECONDS_OF_A_JOB, SECONDS_OF_AN_EXECUTION = 2.0, 0.00035
# Executions in a second, by the formula.
CLOCK = 1 / SECONDS_OF_AN_EXECUTION

FORMULA = f"{SECONDS_OF_A_JOB:g} s for each job + {SECONDS_OF_AN_EXECUTION:g} s for each execution of a circuit"
SOURCE = (
    "An estimate: IBM Quantum's documentation of 2025, page 'Workload usage' "
    "(https://quantum.cloud.ibm.com/docs/guides/estimate-job-run-time), for the Sampler without error mitigation. The "
    "page has been revised since, and we have never held the formula against a device. Waiting in queues is not in it."
)


@final
class Cost(NamedTuple):
    """What some jobs take.

    Attributes:
        jobs: How many.
        circuits: Of all jobs, one for each set of angles.
        shots: For each circuit.
    """

    jobs: int
    circuits: int
    shots: int

    @property
    def executions(self) -> int:
        """Circuits times shots."""
        return self.circuits * self.shots

    @property
    def seconds(self) -> float:
        """Of the computer, by the formula."""
        return qpu_seconds(jobs=self.jobs, executions=self.executions)

    def and_also(self, other: "Cost") -> "Cost":
        """Of both, with as many shots."""
        return Cost(self.jobs + other.jobs, self.circuits + other.circuits, self.shots)

    def times(self, n: int) -> "Cost":
        """Of as much, n times."""
        return Cost(n * self.jobs, n * self.circuits, self.shots)


def circuits_in_a_job(shots: int) -> int:
    """How many a job may have at the most.

    Raises:
        ConfigError: If not even one circuit fits into a job.
    """
    if not 1 <= shots <= EXECUTIONS_IN_A_JOB:
        raise ConfigError(
            "A job cannot have that many shots",
            got=shots,
            allowed=f"1 to {EXECUTIONS_IN_A_JOB}",
            cure="Ask for fewer shots",
        )
    return EXECUTIONS_IN_A_JOB // shots


def jobs_for(circuits: int, shots: int) -> int:
    """As few jobs as carry so many circuits, each of which has all its shots in one of them.

    Raises:
        ConfigError: If not even one circuit fits into a job.
    """
    return -(-circuits // circuits_in_a_job(shots))


def qpu_seconds(*, jobs: int, executions: float) -> float:
    """By the formula: an estimate, see :data:`SOURCE`."""
    return SECONDS_OF_A_JOB * jobs + SECONDS_OF_AN_EXECUTION * executions
