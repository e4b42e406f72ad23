#@script(label="Compare Annotators...", description="Tell how far two people agree about the events of the movie that is open, and merge their labels.", headless=true)
#@ ImagePlus imp
#@ String (label="First annotator", description="Label file of one (.zip, .roi, .csv, .xml).", style="file", value="", persist=false) first_labels
#@ String (label="Second annotator", description="Label file of the other.", style="file", value="", persist=false) second_labels
#@ String (label="Merged labels", description="ROI set (.zip) to write with the labels of both; empty writes none.", style="file", value="", persist=false) merged_file
#@ String (label="Output folder", description="Folder of the table; empty keeps it in a temporary folder.", style="directory", value="", persist=false) output_folder
#@ Double (label="Largest distance (px)", description="Labels further apart than this are not of the same event.", min=0, max=1000, stepSize=0.1, style="format:0.######", value=5.0, persist=false) max_distance_px
#@ Double (label="Largest time difference (frames)", description="Labels further apart in time than this are not of the same event.", min=0, max=100000, stepSize=0.1, style="format:0.######", value=6.0, persist=false) max_frames
#@ String (label="Keep", description="What becomes of labels in dispute: 'agreed' makes all of them undecided (class -99); 'first' takes the first annotator's class where they differ, and keeps what only one has marked; 'all' keeps what only one has marked and makes undecided where they differ.", choices={"agreed", "first", "all"}, value="agreed", persist=false) keep

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("compare_annotators", imp, [first_labels: first_labels, second_labels: second_labels, merged_file: merged_file, output_folder: output_folder, max_distance_px: max_distance_px, max_frames: max_frames, keep: keep])
return null
