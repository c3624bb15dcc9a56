"""What would pytest collect? Its session walk and collectors, over simulated values instead of imported modules."""
