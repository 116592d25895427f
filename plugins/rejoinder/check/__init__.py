"""What can be wrong with a site: each check says it in a line, with the file and the mend."""

from rejoinder.check.problem import Problem
from rejoinder.check.run import run

__all__ = ["Problem", "run"]
