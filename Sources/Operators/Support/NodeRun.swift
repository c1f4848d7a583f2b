import Kernels
import Tensors

/// The tensors one execution of a prepared node reads and writes.
package struct NodeRun {
  package let inputs: [Tensor?]
  package let outputs: [MutableTensor]
  package let team: ThreadTeam
  private let workspaceStorage: TensorStorage?

  /// - Parameter workspace: as many bytes as the prepared node wants for each thread of the team.
  package init(
    inputs: [Tensor?], outputs: [MutableTensor], team: ThreadTeam, workspace: TensorStorage? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.team = team
    workspaceStorage = workspace
  }

  /// The same execution with other tensors.
  func replacing(inputs: [Tensor?], outputs: [MutableTensor]) -> NodeRun {
    NodeRun(inputs: inputs, outputs: outputs, team: team, workspace: workspaceStorage)
  }

  /// The workspace of one thread, in a region shared out in equal parts of `bytesPerWorker`.
  package func workspace(ofWorker worker: Int, bytesPerWorker: Int) -> UnsafeMutableRawPointer {
    guard bytesPerWorker > 0, let bytes = workspaceStorage?.bytes else {
      return UnsafeMutableRawPointer(bitPattern: TensorStorage.alignment)!
    }
    precondition((worker + 1) * bytesPerWorker <= bytes.count)
    return bytes.baseAddress! + worker * bytesPerWorker
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
