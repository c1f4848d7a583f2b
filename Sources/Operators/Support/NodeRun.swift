import Kernels
import Tensors

/// The tensors one execution of a prepared node reads and writes.
package struct NodeRun {
  package let inputs: [Tensor?]
  package let outputs: [MutableTensor]
  package let team: ThreadTeam

  package init(inputs: [Tensor?], outputs: [MutableTensor], team: ThreadTeam) {
    self.inputs = inputs
    self.outputs = outputs
    self.team = team
  }

  /// The elements of an input that was prepared as present and of this type.
  package func input<T: Element>(_ index: Int, of type: T.Type = T.self) -> UnsafeBufferPointer<T> {
    inputs[index]!.unsafeElements(of: type)
  }

  /// The elements of an output, to be written.
  package func output<T: Element>(
    _ index: Int = 0, of type: T.Type = T.self
  ) -> UnsafeMutableBufferPointer<T> {
    outputs[index].unsafeElements(of: type)
  }
}
