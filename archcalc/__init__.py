"""Architecture cost analysis of neural networks: shapes, parameters and multiply-adds from a declarative spec."""

from archcalc.comparison import Comparison, compare
from archcalc.errors import ArchcalcError, SpecError
from archcalc.network import Network, load, names
from archcalc.report import Report, Row

__version__ = "0.1.0"
__all__ = [
    "ArchcalcError",
    "Comparison",
    "Network",
    "Report",
    "Row",
    "SpecError",
    "compare",
    "load",
    "names",
]
