"""SASRec: self-attentive sequential recommendation (Kang and McAuley 2018), one system a loss."""

from baselines.sasrec.systems import SasRecBCE, SasRecSampledSoftmax, SasRecSoftmax

__all__ = ["SasRecBCE", "SasRecSampledSoftmax", "SasRecSoftmax"]
