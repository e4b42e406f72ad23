#@script(label="Manage Models...", description="List the networks that can be used, and verify that they are whole.", headless=true)
#@ String (label="Action", description="'list' tells what is known of every network; 'verify' also compares its files with their checksums and lets it answer its sample.", choices={"list", "verify"}, value="list", persist=false) action

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("manage_models", null, [action: action])
return null
