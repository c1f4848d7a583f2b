import Tensors

extension NodeRun {
  /// Where the elements of an input that was prepared as present begin.
  func inputBytes(_ index: Int) -> UnsafeRawPointer {
    let tensor = inputs[index]!
    return UnsafeRawPointer(tensor.storage.bytes.baseAddress! + tensor.byteOffset)
  }

  /// Where the elements of an output begin.
  func outputBytes(_ index: Int = 0) -> UnsafeMutableRawPointer {
    outputs[index].unsafeBytes.baseAddress!
  }
}
