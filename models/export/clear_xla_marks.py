"""Makes a Keras SavedModel with grouped convolutions convertible to TensorFlow.js.

    python clear_xla_marks.py SAVED_MODEL_DIR

Keras has XLA compile each grouped convolution: it puts the convolution into a function of its own, with a mark that says
so. The mark keeps TensorFlow from inlining the function, and the TensorFlow.js converter then stops at "Unsupported Ops:
PartitionedCall" or "StatefulPartitionedCall". The function itself holds a plain Conv2D. So this clears the marks, in
place; weights, signatures and everything else stay as they are. A second run finds nothing to do.
"""
import argparse
import os
import sys

MARKS = ('_XlaMustCompile', '_noinline')


def attribute_holders(saved_model):
    """Yields everything in the SavedModel proto that can carry a mark: graph nodes, functions and their nodes."""
    for meta_graph in saved_model.meta_graphs:
        yield from meta_graph.graph_def.node
        for function in meta_graph.graph_def.library.function:
            yield function
            yield from function.node_def


def clear_marks(saved_model):
    """Removes the marks from the SavedModel proto. Returns how many there were."""
    cleared = 0
    for holder in attribute_holders(saved_model):
        for mark in MARKS:
            if mark in holder.attr:
                del holder.attr[mark]
                cleared += 1
    return cleared


def clear_marks_in_folder(folder):
    """Removes the marks from the SavedModel in the folder. Returns how many there were.

    The new file takes the old one's place only when it is written in full.
    """
    from tensorflow.core.protobuf import saved_model_pb2   # takes seconds: after the arguments are checked

    path = os.path.join(folder, 'saved_model.pb')
    saved_model = saved_model_pb2.SavedModel()
    with open(path, 'rb') as file:
        saved_model.ParseFromString(file.read())
    cleared = clear_marks(saved_model)
    if cleared:
        with open(path + '.new', 'wb') as file:
            file.write(saved_model.SerializeToString())
        os.replace(path + '.new', path)
    return cleared


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', metavar='SAVED_MODEL_DIR', help='the folder that holds saved_model.pb; changed in place')
    folder = parser.parse_args(arguments).folder
    if not os.path.isfile(os.path.join(folder, 'saved_model.pb')):
        parser.error(f'{folder}: no saved_model.pb here; give the folder that model.export() wrote')
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
    cleared = clear_marks_in_folder(folder)
    print(f'{folder}: cleared {cleared} marks' if cleared else f'{folder}: no marks, nothing to do')


if __name__ == '__main__':
    sys.exit(main())
