#@script(label="Manage Training Datasets...", description="Look into data sets of labelled events, put them together, split and export them.", headless=true)
#@ String (label="Action", description="'inspect' lists movies, classes and sizes; 'combine' puts it and others into one file; 'split' parts it by movie into one to learn from and one to judge by; 'export' writes its labels for others.", choices={"inspect", "combine", "split", "export"}, value="inspect", persist=false) action
#@ String (label="Data set", description="The file (.h5), of IVEA or of the original program.", style="file", value="", persist=false) dataset_file
#@ String (label="Combine with", description="Data set (.h5) to combine it with; several are separated by semicolons.", style="file", value="", persist=false) add_from
#@ String (label="Write to", description="The new file (.h5) of 'combine'; the beginning of both names of 'split'; the folder of 'export'. Nothing that is there already is replaced.", style="file", value="", persist=false) output_path
#@ Double (label="Held out", description="Share of the samples that 'split' puts into the second file.", min=0.01, max=0.99, stepSize=0.05, style="format:0.######", value=0.25, persist=false) held_out
#@ String (label="Export as", description="'rois': ImageJ ROIs of every movie; 'exodeepfinder': its annotations, the events only; 'original': a file with nothing but what the original program writes.", choices={"rois", "exodeepfinder", "original"}, value="rois", persist=false) export_as

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("manage_training_datasets", null, [action: action, dataset_file: dataset_file, add_from: add_from, output_path: output_path, held_out: held_out, export_as: export_as])
return null
