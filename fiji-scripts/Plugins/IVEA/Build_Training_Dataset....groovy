#@script(label="Build Training Dataset...", description="Cut the samples of all labelled movies of a folder into one file, from which a model is trained or refined.", headless=true)
#@ String (label="Folder of labelled movies", description="Folder of movies and label files: 'cell.tif' has its labels in 'cell_training_rois.zip' beside it or in its result folder.", style="directory", value="", persist=false) label_folder
#@ String (label="Data set", description="File (.h5) to write; empty takes 'training.h5' in the folder of labelled movies.", style="file", value="", persist=false) dataset_file
#@ Boolean (label="Replace existing", description="Replace the data set if it is there already; otherwise it is left as it is.", value=false, persist=false) replace_existing
#@ String (label="Class map", description="JSON file that tells which labels are which class, and the vision radius of each (that of the original program, or its list alone); empty takes every label as its own class.", style="file", value="", persist=false) class_map
#@ String (label="Folder of movies", description="Where the movies are, if they do not lie beside their labels; also in folders within.", style="directory", value="", persist=false) movie_folder
#@ Boolean (label="Subfolders", description="Also look in folders within the folder.", value=true, persist=false) recursive
#@ Integer (label="Channel", description="Channel to analyse, counted from 1.", min=1, value=1, persist=false) channel
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("build_training_dataset", null, [label_folder: label_folder, dataset_file: dataset_file, replace_existing: replace_existing, class_map: class_map, movie_folder: movie_folder, recursive: recursive, channel: channel, pixel_size_um: pixel_size_um])
return null
