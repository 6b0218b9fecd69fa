"""python -m unittest clear_xla_marks_test.py   (in an environment with TensorFlow)"""
import contextlib
import io
import os
import tempfile
import unittest

from tensorflow.core.protobuf import saved_model_pb2

from clear_xla_marks import clear_marks, main


def marked_model():
    """A SavedModel with marks on a node, on a function and on a node of that function: four in all."""
    model = saved_model_pb2.SavedModel()
    graph = model.meta_graphs.add().graph_def
    node = graph.node.add(name='call', op='PartitionedCall')
    node.attr['_XlaMustCompile'].b = True
    node.attr['f'].func.name = 'grouped_conv'
    function = graph.library.function.add()
    function.signature.name = 'grouped_conv'
    function.attr['_XlaMustCompile'].b = True
    function.attr['_noinline'].b = True
    function.attr['api_implements'].s = b'conv'
    conv = function.node_def.add(name='Conv2D', op='Conv2D')
    conv.attr['_noinline'].b = True
    conv.attr['padding'].s = b'SAME'
    return model


def run(*arguments):
    """Returns the exit code and what was printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            code = main(list(arguments)) or 0
        except SystemExit as stop:
            code = stop.code
    return code, printed.getvalue()


class ClearXlaMarks(unittest.TestCase):
    def test_clears_marks_wherever_they_are_and_nothing_else(self):
        model = marked_model()
        self.assertEqual(clear_marks(model), 4)
        graph = model.meta_graphs[0].graph_def
        function = graph.library.function[0]
        self.assertEqual(set(graph.node[0].attr), {'f'})
        self.assertEqual(set(function.attr), {'api_implements'})
        self.assertEqual(set(function.node_def[0].attr), {'padding'})

    def test_writes_the_folder_once_and_then_finds_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'saved_model.pb')
            with open(path, 'wb') as file:
                file.write(marked_model().SerializeToString())
            self.assertEqual(run(folder), (0, f'{folder}: cleared 4 marks\n'))
            self.assertEqual(run(folder), (0, f'{folder}: no marks, nothing to do\n'))
            self.assertEqual(os.listdir(folder), ['saved_model.pb'])

    def test_a_folder_without_a_saved_model_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            code, printed = run(folder)
        self.assertEqual(code, 2)
        self.assertIn(f'{folder}: no saved_model.pb here', printed)


if __name__ == '__main__':
    unittest.main()
