"""Everything that calls AWS: the only boto3 in the product."""
