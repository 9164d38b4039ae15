"""validate.py SCHEMA FILE...: one line a file, "valid" or "invalid: why", by python's jsonschema."""
import json
import sys

import jsonschema
import yaml

with open(sys.argv[1]) as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    with open(path) as file:
        document = yaml.safe_load(file)
    errors = sorted(validator.iter_errors(document), key=str)
    print("invalid: " + errors[0].message.replace("\n", " ") if errors else "valid")
